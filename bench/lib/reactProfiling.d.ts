/** React's build that measures; its types come with the ordinary one only. */
declare module "react-dom/profiling" {
  export * from "react-dom/client";
}
