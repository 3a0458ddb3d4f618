/* <pv-copy>: a button that copies the text beside it. Without this script there is no button: the text
   is chosen whole with one click. */

class Copy extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const said = this.querySelector("[data-said]");
    if (!navigator.clipboard) return; // only on https:// and on this very machine
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("[data-text]").textContent);
      said.textContent = "Copied";
    });
  }
}

customElements.define("pv-copy", Copy);
