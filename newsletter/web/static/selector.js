// An offer was taken and the field drawn anew: writing goes on at its end, where it left off.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "selector-field") return;
  const field = event.target.querySelector("input");
  field.setSelectionRange(field.value.length, field.value.length);
  field.focus(); // after the range: focus brings the place into view
});
