import { readFileSync } from "node:fs"
import type { Server } from "node:http"

export type Method = "GET" | "POST" | "DELETE"

/** What a handler is given. */
export interface Request<Body = unknown> {
  method: Method
  path: string
  params: Record<string, string>
  body?: Body
}

export interface Reply {
  status: number
  text: string
  headers?: { [name: string]: string }
}

type Handler = (request: Request) => Promise<Reply> | Reply

export enum Level {
  Debug,
  Info,
  Error,
}

export abstract class Middleware {
  abstract readonly name: string

  abstract before(request: Request): Request | undefined

  protected log(level: Level, words: string): void {
    if (level >= Level.Info) {
      console.log(`[${this.name}] ${words}`)
    }
  }
}

function logged(target: object, key: string, descriptor: PropertyDescriptor): PropertyDescriptor {
  const inner = descriptor.value
  descriptor.value = function (...given: unknown[]) {
    console.log(key, given.length)
    return inner.apply(this, given)
  }
  return descriptor
}

class Route {
  private readonly parts: string[]

  constructor(
    readonly method: Method,
    pattern: string,
    readonly handler: Handler,
  ) {
    this.parts = pattern.split("/")
  }

  match(path: string): Record<string, string> | null {
    const given = path.split("/")
    if (given.length !== this.parts.length) {
      return null
    }
    const params: Record<string, string> = {}
    for (const [at, part] of this.parts.entries()) {
      if (part.startsWith(":")) {
        params[part.slice(1)] = given[at]
      } else if (part !== given[at]) {
        return null
      }
    }
    return params
  }
}

export class Router<Context extends object = object> {
  private routes: Route[] = []
  private chain: Middleware[] = []

  use(middleware: Middleware): this {
    this.chain.push(middleware)
    return this
  }

  on(method: Method, pattern: string, handler: Handler): void {
    this.routes.push(new Route(method, pattern, handler))
  }

  @logged
  async handle(request: Request): Promise<Reply> {
    for (const route of this.routes) {
      const params = route.method === request.method ? route.match(request.path) : null
      if (params) {
        return route.handler({ ...request, params })
      }
    }
    return { status: 404, text: `nothing at ${request.path}` }
  }
}

export namespace files {
  export const root = "/srv"

  export function read(name: string): Reply {
    const text = readFileSync(`${root}/${name}`, "utf8")
    return { status: 200, text }
  }
}

export const listen = async (server: Server, port: number): Promise<void> => {
  await new Promise<void>((done) => {
    server.listen(port, done)
  })
}
