// Files to import: what is dropped on a form is sent at once, with its progress.

function begin(main) {
  for (const button of main.querySelectorAll("[data-once]"))
    // Disabled after the form is sent: a disabled button sends nothing.
    button.form.addEventListener("submit", () => setTimeout(() => (button.disabled = true)));
  for (const form of main.querySelectorAll("[data-drop]")) {
    const field = form.querySelector("input[type=file]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, field);
    });
    for (const kind of ["dragenter", "dragover"])
      form.addEventListener(kind, (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        form.classList.add("drop-over");
      });
    form.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!form.contains(relatedTarget)) form.classList.remove("drop-over");
    });
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("drop-over");
      if (!event.dataTransfer.files.length) return;
      field.files = event.dataTransfer.files;
      send(form, field);
    });
  }
}

function send(form, field) {
  const shown = form.querySelector(".drop-progress");
  const bar = shown.querySelector("progress");
  const told = shown.querySelector("[role=status]");
  const button = form.querySelector("button");
  const files = [...field.files];
  shown.hidden = false;
  if (files.some(({ size }) => size > form.dataset.bytesMax)) {
    bar.hidden = true;
    told.textContent = form.dataset.tooLarge;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", told.id);
    field.focus();
    return;
  }
  field.removeAttribute("aria-invalid");
  bar.hidden = false;
  bar.value = 0;
  button.disabled = true;
  const name = files.length > 1 ? `${files.length} files` : files[0].name;
  told.textContent = `Sending ${name}`;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value"); // how long the rest takes, nobody knows
    told.textContent = "It is here. It is read and checked: a large file takes a minute.";
  });
  request.addEventListener("load", () => {
    const address = request.getResponseHeader("HX-Redirect");
    if (address) location.assign(address);
    else show(request.responseText);
  });
  request.addEventListener("error", () => {
    bar.hidden = true;
    button.disabled = false;
    told.textContent = "The file did not arrive. Check the connection, and send it again.";
  });
  request.send(new FormData(form));
}

// What was refused is a page that says why.
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) {
    document.querySelector(".drop-progress [role=status]").textContent = text;
    return;
  }
  document.querySelector("main").replaceWith(main);
  begin(main);
  main.querySelector("[autofocus]")?.focus();
}

// A page that "Back" shows again has sent its file, and can send another one.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const button of document.querySelectorAll("[data-once]")) button.disabled = false;
  for (const form of document.querySelectorAll("[data-drop]")) {
    form.querySelector("button").disabled = false;
    form.querySelector(".drop-progress").hidden = true;
  }
});

begin(document);
