// The slider over a journal's recordings: each of its steps follows a link of the list.
//
//   data-slider   around the slider; hidden without a script
//   data-step     a recording with its link, the newest first
//   data-words    what the slider says of it

const PAUSE = 200; // milliseconds after the last key, so that held keys load one page
let waiting = 0;

const sliderOf = (target) => target.closest("[data-slider] > input");

function stepOf(slider) {
  const steps = document.querySelectorAll("[data-step]");
  return steps[steps.length - Number(slider.value)];
}

document.addEventListener("input", (event) => {
  const slider = sliderOf(event.target);
  if (!slider) return;
  const { words } = stepOf(slider).querySelector("[data-words]").dataset;
  slider.setAttribute("aria-valuetext", words);
  document.querySelector("[data-slider] > output").textContent = words;
});

document.addEventListener("change", (event) => {
  const slider = sliderOf(event.target);
  if (!slider) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const link = stepOf(slider).querySelector("a");
    if (!link.getAttribute("aria-current")) link.click();
  }, PAUSE);
});

function showSlider() {
  for (const slider of document.querySelectorAll("[data-slider]")) slider.hidden = false;
}

document.addEventListener("htmx:after:swap", showSlider);
showSlider();
