"use strict";
const {runs, charts} = JSON.parse(document.getElementById("data").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const touch = window.matchMedia("(pointer: coarse)").matches;
const COLOURS = {
  light: ["#0b62a8", "#c2410c", "#15803d", "#7c3aed", "#be185d", "#0e7490", "#854d0e", "#475569"],
  dark: ["#6cb2f0", "#fb923c", "#4ade80", "#c4b5fd", "#f472b6", "#22d3ee", "#eab308", "#cbd5e1"],
};
const DASHES = ["solid", "dot", "dash", "longdash", "dashdot", "longdashdot"];
const SYMBOLS = ["circle", "diamond", "square", "cross", "x", "triangle-up"];

function show(slider) {
  const number = slider.dataset.run;
  const picture = runs[number].pictures[slider.value];
  const image = document.getElementById(`picture-${number}`);
  image.src = picture.source;
  image.width = picture.width;
  image.alt = `Samples of ${runs[number].name} from the same latents, after step ${picture.step}`;
  document.getElementById(`step-${number}`).textContent = picture.step;
  slider.setAttribute("aria-valuetext", `step ${picture.step}`);
}

function layout(logarithmic) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink"), line = style.getPropertyValue("--line");
  const axis = {gridcolor: line, zerolinecolor: line, automargin: true, ticks: ""};
  return {
    font: {color: style.getPropertyValue("--faint"), family: "system-ui, sans-serif", size: 12},
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: {l: 36, r: 8, t: 8, b: 36}, hovermode: "x unified", dragmode: touch ? false : "zoom",
    hoverlabel: {bgcolor: style.getPropertyValue("--tint"), bordercolor: line, font: {color: ink}},
    legend: {orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: {color: ink}},
    xaxis: {...axis, title: {text: "step", standoff: 8}, showgrid: false},
    yaxis: {...axis, type: logarithmic ? "log" : "linear"},
    transition: {duration: still ? 0 : 150},
    uirevision: "kept",  // a zoom outlives a change of colours
  };
}

function traces(lines) {
  const colours = COLOURS[dark.matches ? "dark" : "light"];
  return lines.map(({name, steps, values, colour, dash, dots}) => ({
    name, x: steps, y: values, type: "scatter", mode: dots ? "lines+markers" : "lines",
    connectgaps: false, showlegend: lines.length > 1, hovertemplate: "%{y:.4g}",
    line: {color: colours[colour], dash: DASHES[dash], width: 1.6},
    marker: {symbol: SYMBOLS[dash], size: 6},
  }));
}

function draw() {
  charts.forEach((lines, number) => {
    const plot = document.getElementById(`plot-${number}`);
    if (!plot || !plot.clientWidth) return;  // none, or in a closed part of the page
    const pressed = document.querySelector(`#chart-${number} [aria-pressed="true"]`);
    Plotly.react(plot, traces(lines), layout(Boolean(pressed)), {responsive: true, displayModeBar: false});
  });
}

function look(plot, factor, shift) {
  const [from, to] = plot.layout.xaxis.range;
  const middle = (from + to) / 2 + shift * (to - from), half = factor * (to - from) / 2;
  Plotly.relayout(plot, {"xaxis.range": [middle - half, middle + half]});
}

const ACTS = {
  earlier: (plot) => look(plot, 1, -0.25),
  later: (plot) => look(plot, 1, 0.25),
  in: (plot) => look(plot, 0.5, 0),
  out: (plot) => look(plot, 2, 0),
  reset: (plot) => Plotly.relayout(plot, {"xaxis.autorange": true, "yaxis.autorange": true}),
  log: (plot, button) => {
    const logarithmic = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(logarithmic));
    Plotly.relayout(plot, {"yaxis.type": logarithmic ? "log" : "linear", "yaxis.autorange": true});
  },
};

for (const slider of document.querySelectorAll(".slider")) {
  slider.addEventListener("input", () => show(slider));
}
for (const tools of document.querySelectorAll(".tools")) {
  const plot = document.getElementById(`plot-${tools.dataset.chart}`);
  for (const button of tools.querySelectorAll("button")) {
    button.addEventListener("click", () => ACTS[button.dataset.act](plot, button));
  }
}
for (const more of document.querySelectorAll(".more")) more.addEventListener("toggle", draw);
dark.addEventListener("change", draw);
draw();
