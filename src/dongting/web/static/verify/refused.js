// Why something is not accepted: the code under which `dongting verify` refuses it, and the facts for its text.

export class Refused extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

export function require(condition, code, facts) {
  if (!condition) throw new Refused(code, facts);
}
