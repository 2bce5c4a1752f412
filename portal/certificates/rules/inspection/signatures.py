"""Who signed it: a proof inside or a token outside, by a key that is known here or was handed in."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portal.certificates.rules import integrity, keys, tokens
from portal.certificates.rules.canonical import TooTangled
from portal.certificates.rules.credential import Issuer
from portal.certificates.rules.inspection.handed import Answer, Finding, Handed
from portal.certificates.rules.integrity import NotACredential, Words
from portal.certificates.rules.keys import Key, KeyFile
from portal.certificates.rules.tokens import PublicKey, Token
from portal.kernel.errors import N_

_OPEN_BADGES: Final = "purl.imsglobal.org/spec/ob/"


def signature(handed: Handed, own: Issuer, given: KeyFile | None = None) -> Finding:
    """Whether the issuer that it names signed it, as it is; by the keys ``given`` where they are needed."""
    try:
        if handed.token:
            return _token_signature(handed, handed.token, own, given)
        return _proof_signature(handed, own, given)
    except TooTangled as refusal:
        return Finding(Answer.UNKNOWN, refusal.message)
    except NotACredential as refusal:
        return Finding(
            Answer.NO,
            N_("It cannot be what was signed (%(why)s): nobody vouches for words that are not explained."),
            {"why": str(refusal.params.get("why", ""))},
        )


def _proof_signature(handed: Handed, own: Issuer, given: KeyFile | None) -> Finding:
    document = handed.document
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, Mapping):
        return Finding(Answer.NO, N_("It carries no signature, or several."))
    if proof.get("cryptosuite") != integrity.SUITE:
        return Finding(Answer.UNKNOWN, N_("It is signed by a method that is not checked here."))
    if other := _other_version(document):
        return Finding(
            Answer.UNKNOWN,
            N_("It is written in a version of Open Badges that is not checked here (%(context)s); 3.0.3 is."),
            {"context": other[:200]},
        )
    method = str(proof.get("verificationMethod", ""))
    if method.split("#")[0] != handed.issuer_id:
        return _of_another_key()
    whole, words = {**document, "proof": proof}, _words_for(document, own)

    def fits(key: PublicKey) -> bool | None:
        if not isinstance(key, Ed25519PublicKey):
            return False
        return integrity.verify(whole, key.public_bytes_raw(), words) if words else None

    if handed.issuer_id == own.did:
        return _said(own.signed(whole, words) if words else None, _OURS)
    return _by_others(handed.issuer_id, method, given, fits)


def _token_signature(handed: Handed, token: Token, own: Issuer, given: KeyFile | None) -> Finding:
    if str(token.header.get("alg")) not in tokens.ALGORITHMS:
        return Finding(Answer.UNKNOWN, N_("It is signed by a method that is not checked here."))
    if tokens.contradicts_itself(token):
        return Finding(Answer.NO, N_("It names two issuers or two numbers; a reader might believe either."))
    method = str(token.header.get("kid", ""))
    if handed.issuer_id != own.did:
        return _by_others(handed.issuer_id, method, given, lambda key: tokens.is_signed_by(token, key))
    key = own.token_keys.get(method)
    return _said(tokens.is_signed_by(token, key), _OURS) if key else _of_another_key()


def _by_others(
    issuer_id: str, method: str, given: KeyFile | None, fits: Callable[[PublicKey], bool | None]
) -> Finding:
    """The answer for a key that is not ours: in the issuer's name, or else in the file that was handed in.

    ``fits`` says whether a key signed it, None where its words are not understood. Raises NotACredential.
    """
    if keys.is_in_name(issuer_id):
        return _said(fits(keys.in_name(issuer_id)), _IN_NAME)
    if given is None:
        return _key_elsewhere(issuer_id)
    if given.owner not in (None, issuer_id):
        return Finding(
            Answer.UNKNOWN,
            N_("The file of keys is of %(owner)s, who is not its issuer, so it was not used."),
            {"owner": str(given.owner)[:200]},
        )
    key = given.find(method)
    if key is None:
        return Finding(
            Answer.UNKNOWN,
            N_("The key that it names is not in the file of keys that was handed in: %(method)s"),
            {"method": method[:200] or "–"},
        )
    return _ended(key) or _said(fits(key.public), _BY_BARE_KEY if given.owner is None else _BY_DOCUMENT)


def _ended(key: Key) -> Finding | None:
    """A key that its own document calls ended: when it signed is said by nobody but the signer."""
    if key.ends_at is None:
        return None
    return Finding(
        Answer.UNKNOWN,
        N_("The file of keys says that this key is used no more since %(day)s. It may have signed before."),
        {"day": key.ends_at.date().isoformat()},
    )


_OURS: Final = Finding(Answer.YES, N_("This portal signed it, and nothing was changed since."))
_IN_NAME: Final = Finding(
    Answer.YES, N_("The key in the issuer’s name signed it. Who holds that key is not known here.")
)
_BY_DOCUMENT: Final = Finding(
    Answer.ON_TRUST,
    N_(
        "A key of the did.json that was handed in signed it, and nothing was changed since. That this "
        "did.json is the issuer’s own was not checked."
    ),
)
_BY_BARE_KEY: Final = Finding(
    Answer.ON_TRUST,
    N_(
        "The key that was handed in signed it, and nothing was changed since. Whose key it is does not stand "
        "in the file and was not checked."
    ),
)


def _said(holds: bool | None, yes: Finding) -> Finding:
    if holds is None:
        return Finding(
            Answer.UNKNOWN, N_("It uses a vocabulary that is not kept here, and nothing is fetched.")
        )
    if holds:
        return yes
    if yes.answer is Answer.ON_TRUST:
        return Finding(
            Answer.NO,
            N_("The key that was handed in did not sign it as it is: it was changed, or the key is another."),
        )
    return Finding(Answer.NO, N_("It was changed after it was signed, or never signed by this issuer."))


def _of_another_key() -> Finding:
    return Finding(Answer.NO, N_("The key that signed it is not the key of the issuer it names."))


def _key_elsewhere(issuer_id: str) -> Finding:
    where = address_of(issuer_id)
    if where is None:
        return Finding(
            Answer.UNKNOWN,
            N_("The issuer’s name does not tell where its key is found: hand in the key as well."),
        )
    return Finding(
        Answer.UNKNOWN,
        N_("The issuer’s key stands at %(where)s, and nothing is fetched: hand in that file as well."),
        {"where": where},
    )


def address_of(issuer_id: str) -> str | None:
    """Where the keys of a ``did:web`` stand; None for other names."""
    if not issuer_id.startswith("did:web:"):
        return None
    host, *path = issuer_id.removeprefix("did:web:").split(":")
    host = host.replace("%3A", ":")
    return f"https://{host}/{'/'.join(path) or '.well-known'}/did.json"[:200]


def _other_version(document: Mapping[str, Any]) -> str | None:
    """The context of a draft of Open Badges 3.0 or of a later one, if it names one."""
    named = document.get("@context")
    texts = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    return next((each for each in texts if _OPEN_BADGES in each and each != integrity.OPEN_BADGES), None)


def _words_for(document: Mapping[str, Any], own: Issuer) -> Words | None:
    """The vocabulary whose contexts the document names, in their order."""
    named = document.get("@context")
    for words in (integrity.badge_words(), integrity.words_of(own.base_url)):
        if isinstance(named, list) and named and named == list(words.contexts)[: len(named)]:
            return words
    return None
