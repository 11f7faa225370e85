function change(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// A list of any length of which only what is seen is there: rows of one height, used again.
class Listbox {
  constructor(scroller, height, makeRow, fillRow, onChoose) {
    Object.assign(this, { scroller, height, makeRow, fillRow, onChoose });
    this.space = make("div", { class: "rows", role: "presentation" });
    scroller.append(this.space);
    this.length = 0;
    this.chosen = 0;
    this.rows = new Map();
    this.spare = [];
    this.update = later(() => this.show());
    scroller.addEventListener("scroll", this.update, { passive: true });
    new ResizeObserver(this.update).observe(scroller);
    scroller.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.onChoose(+row.dataset.place, event.target);
    });
  }
  get first() { return Math.round(this.scroller.scrollTop / this.height); }
  get page() { return Math.max(1, Math.floor(this.scroller.clientHeight / this.height)); }
  // Rows of another height are made anew.
  setHeight(height) {
    this.height = height;
    this.space.replaceChildren();
    this.rows.clear();
    this.spare = [];
  }
  // Other contents: every row is filled anew.
  reset(length) {
    this.length = length;
    this.space.style.height = length * this.height + "px";
    for (const row of this.rows.values()) this.put(row);
    this.rows.clear();
    this.show();
  }
  put(row) {
    row.removeAttribute("id");
    this.spare.push(row);
  }
  // Reads come first and writes are only of what changes: a page of 1,024 sounds scrolls smoothly so.
  show() {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.round(scrollTop / this.height);
    const start = Math.max(0, Math.floor(scrollTop / this.height) - 2);
    const stop = Math.min(this.length, start + Math.ceil(clientHeight / this.height) + 4);
    for (const [place, row] of this.rows) {
      if (place < start || place >= stop) {
        this.rows.delete(place);
        this.put(row);
      }
    }
    for (let place = start; place < stop; place++) {
      let row = this.rows.get(place);
      if (!row) {
        row = this.spare.pop() || this.newRow();
        if (row.hidden) row.hidden = false;
        row.dataset.place = place;
        row.id = "row" + place;
        row.style.transform = `translateY(${place * this.height}px)`;
        row.setAttribute("aria-posinset", place + 1);
        row.setAttribute("aria-setsize", this.length);
        this.rows.set(place, row);
        this.fillRow(row, place);
      }
      change(row, "aria-selected", String(place === this.chosen));
      if (row.digit) {
        const digit = place - first + 1;
        const sign = row.classList.contains("playing") ? "▶" : digit >= 1 && digit <= 9 ? digit : "";
        if (row.digit.textContent !== String(sign)) row.digit.textContent = sign;
      }
    }
    for (const row of this.spare) if (!row.hidden) row.hidden = true;
    if (this.rows.has(this.chosen)) change(this.scroller, "aria-activedescendant", "row" + this.chosen);
    else this.scroller.removeAttribute("aria-activedescendant");
  }
  newRow() {
    const row = this.makeRow();
    row.style.height = this.height + "px";
    this.space.append(row);
    return row;
  }
  refill() {
    for (const [place, row] of this.rows) this.fillRow(row, place);
    this.show();
  }
  choose(place) {
    this.chosen = place;
    const top = place * this.height;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.scroller.scrollTop = top + this.height - clientHeight;
    this.show();
  }
}
