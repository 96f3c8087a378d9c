// Shows method, work and error of the point nearest to the pointer.
for (const figure of document.querySelectorAll("figure")) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const svg = figure.querySelector("svg");
  const value = figure.appendChild(document.createElement("div"));
  value.className = "value";
  svg.addEventListener("mousemove", (event) => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const distance = (p) => Math.hypot(p.x * scale - (event.clientX - box.left), p.y * scale - (event.clientY - box.top));
    const nearest = data.points.reduce((a, b) => (a && distance(a) <= distance(b) ? a : b), null);
    const shown = nearest && distance(nearest) < 18;
    value.style.display = shown ? "block" : "none";
    if (shown) {
      value.textContent =
        `${data.names[nearest.series]}: ${nearest.work} ${data.work}, ${nearest.error.toExponential(3)} ${data.error}`;
      value.style.left = `${nearest.x * scale}px`;
      value.style.top = `${nearest.y * scale}px`;
    }
  });
  svg.addEventListener("mouseleave", () => (value.style.display = "none"));
}
