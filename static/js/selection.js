/* <pv-selection>: says how many boxes inside are ticked and offers to tick the whole page.
   A picture of several products takes two to eight of them.
   Without this script the boxes and the buttons work all the same. */

class Selection extends HTMLElement {
  connectedCallback() {
    this.count = this.querySelector("[data-count]");
    this.page = this.querySelector("[data-page]");
    this.go = this.querySelector("[data-go]");
    this.together = this.querySelector("[data-together]");
    if (!this.count) return;
    this.page.hidden = false;
    this.page.addEventListener("click", () => this.toggle());
    this.addEventListener("change", () => this.show());
    window.addEventListener("pageshow", () => this.show());
    this.show();
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=product]")];
  }

  toggle() {
    const tick = this.boxes.some((box) => !box.checked);
    for (const box of this.boxes) box.checked = tick;
    this.show();
  }

  show() {
    const ticked = this.boxes.filter((box) => box.checked).length;
    const isAll = ticked === this.boxes.length;
    this.count.value = ticked ? `${ticked} chosen` : "Choose products";
    this.page.textContent = isAll ? "Choose none" : "Choose this page";
    this.go.disabled = ticked === 0;
    this.together.disabled = ticked < 2 || ticked > 8;
  }
}

customElements.define("pv-selection", Selection);
