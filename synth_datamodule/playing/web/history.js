// Where the sound has been: states are never changed, only replaced.

const MOST = 200;

export class History {
  constructor() {
    this.now = null;
    this.past = [];
    this.future = [];
    this.open = false;
  }

  // Set a new state. Within a gesture, such as the drag of a slider, only its beginning is kept.
  set(state, gesture = false) {
    if (this.now && !(gesture && this.open)) {
      this.past.push(this.now);
      if (this.past.length > MOST) this.past.shift();
    }
    this.open = gesture;
    this.future = [];
    this.now = state;
  }

  close() {
    this.open = false;
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.now);
    this.now = this.past.pop();
    this.open = false;
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.now);
    this.now = this.future.pop();
    this.open = false;
    return true;
  }
}

// Columns in which a state is another than what it began as.
export function changed(state) {
  return state.numbers.map((n, column) => (n === state.base.numbers[column] ? -1 : column)).filter((c) => c >= 0);
}

export function isItself(state) {
  return state.row === state.base.row && changed(state).length === 0;
}
