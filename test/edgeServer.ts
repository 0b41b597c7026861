/** Starts what tests in workerd talk to. */
export default function setup(): void {}
