/* <pv-order>: moves a line up or down in place, keeps the focus on its button and says so.
   Without this script the same buttons send the form, and the server answers with the new order. */

class Order extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ol");
    this.said = this.querySelector("[data-said]");
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      event.preventDefault();
      this.move(button);
    });
  }

  move(button) {
    const line = button.closest("li");
    const isUp = button.dataset.move === "up";
    const other = isUp ? line.previousElementSibling : line.nextElementSibling;
    if (!other) return;
    if (isUp) other.before(line);
    else other.after(line);
    this.settle();
    const still = button.disabled ? line.querySelector("[data-move]:not(:disabled)") : button;
    still.focus();
    const place = [...this.list.children].indexOf(line) + 1;
    this.said.textContent = `Now at place ${place} of ${this.list.children.length}.`;
  }

  settle() {
    for (const line of this.list.children) {
      line.querySelector("[data-move=up]").disabled = line === this.list.firstElementChild;
      line.querySelector("[data-move=down]").disabled = line === this.list.lastElementChild;
    }
  }
}

customElements.define("pv-order", Order);
