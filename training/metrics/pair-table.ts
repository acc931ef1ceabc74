/**
 * Numbers pairs of numbers from 1 on, in the order of first sight: a hash table with open addressing in typed arrays.
 * A Map keyed by an exact double of both takes several times as long and ends at 2^24 entries.
 */
export class PairTable {
  private firsts = new Int32Array(1024);
  private seconds = new Int32Array(1024);
  /** The pair's number; 0 marks a free place. */
  private numbers = new Int32Array(1024);
  private count = 0;

  /** How many pairs have a number. */
  get size(): number {
    return this.count;
  }

  /** The pair's number, or 0 where it has none. Both are 32-bit integers. */
  find(first: number, second: number): number {
    return this.numbers[this.place(first, second)];
  }

  /** The pair's number; a new pair gets the next one. */
  findOrAdd(first: number, second: number): number {
    const place = this.place(first, second);
    if (this.numbers[place] === 0) {
      if (2 * this.count >= this.numbers.length) {
        this.grow();
        return this.findOrAdd(first, second);
      }
      this.firsts[place] = first;
      this.seconds[place] = second;
      this.numbers[place] = ++this.count;
    }
    return this.numbers[place];
  }

  /** Where the pair lies, or the free place where it belongs. */
  private place(first: number, second: number): number {
    const mask = this.numbers.length - 1;
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let place = (hash ^ (hash >>> 13)) & mask;
    while (this.numbers[place] !== 0 && (this.firsts[place] !== first || this.seconds[place] !== second)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private grow(): void {
    const { firsts, seconds, numbers } = this;
    this.firsts = new Int32Array(2 * numbers.length);
    this.seconds = new Int32Array(2 * numbers.length);
    this.numbers = new Int32Array(2 * numbers.length);
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] === 0) continue;
      const place = this.place(firsts[i], seconds[i]);
      this.firsts[place] = firsts[i];
      this.seconds[place] = seconds[i];
      this.numbers[place] = numbers[i];
    }
  }
}
