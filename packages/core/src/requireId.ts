export { requireId } from "./requireArguments.js";
