/** Room for the numbers of one column, shared by all that is evaluated. */
export class Scratch {
  values = new Float64Array(0);
  increases = new Float64Array(0);
  slots = new Int32Array(0);
  series = new Int32Array(0);
  finite = new Float64Array(0);
  resets = new Int32Array(0);
  /** For samples in another order. */
  narrow = new Float32Array(0);
  wide = new Float64Array(0);

  /** Makes room for `length` numbers; what was there is gone. */
  lend(length: number): void {
    if (length <= this.values.length) return;
    const room = Math.max(length, 2 * this.values.length);
    this.values = new Float64Array(room);
    this.increases = new Float64Array(room);
    this.slots = new Int32Array(room);
    this.series = new Int32Array(room);
    this.finite = new Float64Array(room);
    this.resets = new Int32Array(room);
    this.narrow = new Float32Array(room);
    this.wide = new Float64Array(room);
  }
}
