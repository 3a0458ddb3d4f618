/* <pv-before-after>: two pictures over one another, parted by the range input inside.
   Mouse and touch drag on the picture; the keyboard works because the control is a real range.
   Without this script both pictures stand side by side. */

class BeforeAfter extends HTMLElement {
  connectedCallback() {
    this.range = this.querySelector("input[type=range]");
    this.frame = this.querySelector(".compare-frame");
    if (!this.range || !this.frame) return;
    this.range.addEventListener("input", () => this.show());
    this.frame.addEventListener("pointerdown", (event) => this.grab(event));
    this.frame.addEventListener("pointermove", (event) => this.drag(event));
    this.show();
  }

  show() {
    this.style.setProperty("--cut", `${this.range.value}%`);
    this.range.setAttribute("aria-valuetext", `${this.range.value} percent before`);
  }

  grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.frame.setPointerCapture(event.pointerId);
    this.move(event);
  }

  drag(event) {
    if (this.frame.hasPointerCapture(event.pointerId)) this.move(event);
  }

  move(event) {
    const box = this.frame.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width) * 100;
    this.range.value = String(Math.round(Math.min(100, Math.max(0, share))));
    this.show();
  }
}

customElements.define("pv-before-after", BeforeAfter);
