// Passkeys: a form that asks the browser for one, and sends what it answers. Without WebAuthn the form stays
// hidden, and the password does it.
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function made(options) {
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  options.excludeCredentials = named(options.excludeCredentials);
  const key = await navigator.credentials.create({ publicKey: options });
  return [key, { attestationObject: text(key.response.attestationObject) }];
}

async function used(options) {
  options.challenge = bytes(options.challenge);
  options.allowCredentials = named(options.allowCredentials);
  const key = await navigator.credentials.get({ publicKey: options });
  const { authenticatorData, signature, userHandle } = key.response;
  const handle = userHandle ? { userHandle: text(userHandle) } : {};
  return [key, { authenticatorData: text(authenticatorData), signature: text(signature), ...handle }];
}

function enable(form) {
  const problem = form.querySelector("[data-problem]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    problem.hidden = true;
    try {
      const headers = { "X-CSRFToken": form.elements.csrf_token.value };
      const asked = await fetch(form.dataset.options, { method: "POST", headers });
      if (!asked.ok) throw new Error(asked.statusText);
      const [key, response] = await (form.dataset.passkey === "make" ? made : used)(await asked.json());
      response.clientDataJSON = text(key.response.clientDataJSON);
      form.elements.answer.value = JSON.stringify({
        id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {},
      });
      form.submit();
    } catch {
      problem.hidden = false;
      problem.focus();
    }
  });
}

if (window.PublicKeyCredential) document.querySelectorAll("form[data-passkey]").forEach(enable);
