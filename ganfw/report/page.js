"use strict";
const runs = JSON.parse(document.getElementById("data").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const COLOURS = {
  light: ["#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#b83280", "#4a5568"],
  dark: ["#7fb3e8", "#f6ad55", "#68d391", "#b794f4", "#f687b3", "#cbd5e0"],
};
const DASHES = ["solid", "dot", "dash", "longdash", "dashdot"];

function show(slider) {
  const number = slider.dataset.run;
  const picture = runs[number].pictures[slider.value];
  const image = document.getElementById(`picture-${number}`);
  image.src = picture.source;
  image.alt = `Samples of ${runs[number].name} from the same latents, after step ${picture.step}`;
  document.getElementById(`step-${number}`).textContent = picture.step;
  slider.setAttribute("aria-valuetext", `step ${picture.step}`);
}

function layout(title) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink"), line = style.getPropertyValue("--line");
  const axis = {gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true};
  return {
    font: {color: ink, family: "system-ui, sans-serif", size: 13},
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: {l: 50, r: 10, t: 10, b: 40}, hovermode: "x unified",
    hoverlabel: {bgcolor: style.getPropertyValue("--tint"), font: {color: ink}},
    legend: {orientation: "h", y: 1.02, yanchor: "bottom"},
    xaxis: {...axis, title: {text: "step"}, rangemode: "tozero"},
    yaxis: {...axis, title: {text: title}, type: "linear"},
  };
}

function traces(colours, curves) {
  return curves.map(({name, x, y, colour, dash, mode}) => ({
    name, x, y, mode, type: "scatter", connectgaps: false,
    line: {color: colours[colour % colours.length], dash: DASHES[dash % DASHES.length], width: 1.6},
  }));
}

const prefix = (run) => (runs.length > 1 ? `${run.name} · ` : "");
const lossCurves = runs.flatMap((run, i) => [
  {name: `${prefix(run)}discriminator`, x: run.losses.step, y: run.losses.loss_D, colour: 2 * i, dash: 0, mode: "lines"},
  {name: `${prefix(run)}generator`, x: run.losses.step, y: run.losses.loss_G, colour: 2 * i + 1, dash: runs.length > 1 ? 1 : 0, mode: "lines"},
]);
const scoreCurves = runs.flatMap((run, i) => Object.entries(run.scores).map(([name, curve], j) => (
  {name: `${prefix(run)}${name}`, x: curve.step, y: curve.score, colour: i + runs.length * j, dash: j, mode: "lines+markers"})));

function draw() {
  const colours = COLOURS[dark.matches ? "dark" : "light"];
  const config = {responsive: true, displaylogo: false, scrollZoom: false};
  for (const [id, curves, title] of [["chart-losses", lossCurves, "loss"], ["chart-scores", scoreCurves, "score"]]) {
    if (!curves.length) continue;
    const button = document.querySelector(`button[data-chart="${id}"]`);
    const wanted = layout(title);
    wanted.yaxis.type = button.getAttribute("aria-pressed") === "true" ? "log" : "linear";
    wanted.transition = {duration: still ? 0 : 150};
    Plotly.react(id, traces(colours, curves), wanted, config);
  }
}

document.getElementById("scores").hidden = !scoreCurves.length;
for (const slider of document.querySelectorAll(".slider")) {
  slider.addEventListener("input", () => show(slider));
}
for (const button of document.querySelectorAll(".scale")) {
  button.addEventListener("click", () => {
    const logarithmic = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(logarithmic));
    Plotly.relayout(button.dataset.chart, {"yaxis.type": logarithmic ? "log" : "linear"});
  });
}
dark.addEventListener("change", draw);
draw();
