const start = ".miosa-";
const end = ".part";

/**
 * Name of a file that is being written and will take its real name when it is whole.
 * @param {string} unique
 */
export function partName(unique) {
  return start + unique + end;
}

/**
 * True for a name of {@link partName}; such files are not shown.
 * @param {string} name
 */
export function isPartName(name) {
  return name.startsWith(start) && name.endsWith(end);
}
