// What decoded values have to be. A shape tells whether a value has it.

export const text = (value) => typeof value === "string";
export const like = (pattern, most = Infinity) => (value) => text(value) && value.length <= most && pattern.test(value);
export const integer = (value) => typeof value === "number"; // one beyond 2^53-1 is a BigInt
export const within = (least, most) => (value) => integer(value) && value >= least && value <= most;
export const count = within(0, Number.MAX_SAFE_INTEGER);
export const bytes = (size) => (value) => value instanceof Uint8Array && (!size || value.length === size);
export const orNull = (shape) => (value) => value === null || shape(value);
export const object = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const table = (shape) => (value) => object(value) && Object.values(value).every(shape);

export const list = (shape, least = 0, most = Infinity) => (value) =>
  Array.isArray(value) && value.length >= least && value.length <= most && value.every((item) => shape(item));

export const row = (...shapes) => (value) =>
  Array.isArray(value) && value.length === shapes.length && shapes.every((shape, i) => shape(value[i]));

// A JSON object with exactly these members.
export const members = (shapes) => (value) =>
  object(value) &&
  Object.keys(value).length === Object.keys(shapes).length &&
  Object.entries(shapes).every(([name, shape]) => Object.hasOwn(value, name) && shape(value[name]));

// A CBOR map with exactly these labels, given as pairs.
export const labels = (...pairs) => (value) =>
  value instanceof Map && value.size === pairs.length && pairs.every(([label, shape]) => value.has(label) && shape(value.get(label)));
