// Buttons that copy what a field holds: <button data-copies="id of the field" hidden>.
for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const told = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without HTTPS there is no clipboard: the field is selected, ready to be copied.
      if (!document.execCommand("copy")) return;
    }
    told.textContent = told.dataset.copied;
  });
}
