/** The caller asked a box for something impossible, such as a directory that is not there. */
export class BoxRequestError extends Error {
  /**
   * @param {string} field of the request that is at fault
   * @param {string} message
   */
  constructor(field, message) {
    super(message);
    this.name = "BoxRequestError";
    this.field = field;
  }
}
