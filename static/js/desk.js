// Keys of the desk: "/" or Ctrl-K goes to the search field, j and k to the next and the one before in a queue.
const typing = (element) => element.closest("input, select, textarea, [contenteditable]");

function go(rel) {
  document.querySelector(`.desk-walk a[rel="${rel}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-search]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (search && event.key === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    search.focus();
  } else if (!isPlain || typing(event.target)) {
    return;
  } else if (search && event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key === "j") {
    go("next");
  } else if (event.key === "k") {
    go("prev");
  }
});
