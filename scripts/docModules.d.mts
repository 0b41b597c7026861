// What the recipes take from packages that are not installed here, as far as they use it.
declare module "next/headers" {
  export function cookies(): Promise<{ get(name: string): { name: string; value: string } | undefined }>;
}
declare module "next/link" {
  import type { AnchorHTMLAttributes, ReactElement } from "react";
  export default function Link(props: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }): ReactElement;
}
declare module "next/navigation" {
  export function notFound(): never;
  export function redirect(url: string): never;
}
declare module "next/server" {
  export function connection(): Promise<void>;
}
declare module "react-router" {
  import type { ComponentType, ReactElement, ReactNode } from "react";
  interface RouteModule {
    loader?: (call: { request: Request; params: Record<string, string | undefined> }) => unknown;
    Component?: ComponentType;
    ErrorBoundary?: ComponentType;
  }
  interface RouteObject extends RouteModule {
    path?: string;
    index?: true;
    children?: RouteObject[];
    lazy?: () => Promise<RouteModule>;
    HydrateFallback?: ComponentType;
  }
  export interface LoaderFunctionArgs {
    request: Request;
    params: Record<string, string | undefined>;
  }
  export function createBrowserRouter(routes: RouteObject[]): object;
  export function Link(props: { to: string; children?: ReactNode }): ReactElement;
  export function useParams(): Readonly<Record<string, string | undefined>>;
  export function useRouteError(): unknown;
}
declare module "react-router/dom" {
  import type { ReactElement } from "react";
  export function RouterProvider(props: { router: object }): ReactElement;
}
declare module "express" {
  import type { IncomingMessage, Server, ServerResponse } from "node:http";
  interface Express {
    all(path: string, listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void): void;
    use(middleware: object): void;
    listen(port: number): Server;
  }
  function express(): Express;
  namespace express {
    function json(): object;
  }
  export default express;
}
declare module "fastify" {
  import type { IncomingMessage, Server, ServerResponse } from "node:http";
  interface Fastify {
    server: Server;
    addHook(
      name: "onRequest",
      hook: (request: { url: string; raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): void }, next: () => void) => void,
    ): void;
    listen(options: { port: number }): Promise<string>;
  }
  export default function fastify(): Fastify;
}
