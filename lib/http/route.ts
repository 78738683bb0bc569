import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Permission } from '../auth/permissions.ts'
import type { ProblemCode } from '../errors.ts'
import type { LimitClass } from './limits.ts'

/**
 * Who may call a route. The gateway's authorizer is chosen from it, and the type of `actor` follows it.
 * `none` anyone · `user` a signed-in user · `optional` either · `iam` a SigV4 caller · `signature` anyone,
 * the handler verifies a signature over the raw body.
 */
export type Auth = 'none' | 'user' | 'optional' | 'iam' | 'signature'

/** Who gets through, beyond being known: published as `x-veza-policy`, held by the tests of the access matrix. */
export interface Policy {
  /** Granted to roles in lib/auth/permissions.ts. */
  readonly permission: Permission
  /**
   * Whose things it reaches. `any` whatever the path names · `visible` what the caller may see · `own` only the
   * caller's own; in the last two cases all else is `not_found`.
   */
  readonly reach: 'any' | 'visible' | 'own'
  readonly limit: LimitClass
  /** Whether the user must have passed every factor of theirs within the last 15 minutes. */
  readonly step_up: boolean
}

/** Schemas are of `zod/mini`, everywhere: those of `zod` cost each cold start 11 ms more. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The whole path with API Gateway's placeholders, such as `/api/v1/tracks/{track_id}`. */
  readonly path: `/${string}`
  readonly auth: Auth
  readonly policy: Policy
  readonly summary: string
  readonly params?: z.ZodMiniType
  readonly query?: z.ZodMiniType
  readonly body?: z.ZodMiniType
  /** What else it goes by: the names of headers, and what each is for. Answers vary by them. */
  readonly headers?: Readonly<Record<string, string>>
  /** What a success answers with, unless the reply names another status. */
  readonly status: 200 | 201 | 202 | 204
  /** The body of a success; `noContent` where there is none. */
  readonly response: z.ZodMiniType
  /** Media type of a success, `application/json` unless said otherwise. */
  readonly produces?: string
  /** Another media type of a success, for those who accept it rather: its bytes go out as they are. */
  readonly alternative?: string
  /** Whether it may answer 308 with a `Location`. */
  readonly moves?: boolean
  /** Whether it may answer 303 with a `Location`. */
  readonly refers?: boolean
  /** Whether a POST of a user must carry an `Idempotency-Key`, which it may in any case. */
  readonly idempotency?: 'required'
  /** Problems of this route alone; those every route of its kind can answer with are added by the documents. */
  readonly problems: readonly ProblemCode[]
}

export type Routes = Readonly<Record<string, Route>>

type Decoded<R, Part extends string> =
  R extends Record<Part, infer S extends z.ZodMiniType> ? z.output<S> : undefined

type ActorOf<A extends Auth> = A extends 'user' ? Actor : A extends 'optional' ? Actor | undefined : undefined

export interface Request<R extends Route = Route> {
  readonly params: Decoded<R, 'params'>
  readonly query: Decoded<R, 'query'>
  readonly body: Decoded<R, 'body'>
  readonly actor: ActorOf<R['auth']>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: Readonly<Record<string, string | undefined>>
  /** The bytes as sent; only `signature` routes need them. */
  readonly rawBody: Buffer
  readonly requestId: string
  readonly ip: string
  readonly userAgent: string
}

export interface SetCookie {
  readonly name: `__Host-${string}`
  /** Empty takes the cookie away. */
  readonly value: string
  /** Seconds; without it the cookie ends with the browser. */
  readonly maxAge?: number
}

/** What a handler answers when the bare body is not enough: a status, headers, an entity tag. */
export class Reply<B> {
  readonly body: B
  readonly options: ReplyOptions

  constructor(body: B, options: ReplyOptions = {}) {
    this.body = body
    this.options = options
  }
}

export interface ReplyOptions {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly SetCookie[]
  /** Row version; sent as a strong `ETag`, answered with 304 when `If-None-Match` holds it. */
  readonly etag?: string
}

/** What was asked for is at another path by now; the method and the body stay as they are. */
export const movedTo = (location: string) =>
  new Reply<never>(undefined as never, { status: 308, headers: { location } })

/** What was asked for is to be fetched elsewhere this time. */
export const seeOther = (location: string, headers: Readonly<Record<string, string>> = {}) =>
  new Reply<never>(undefined as never, { status: 303, headers: { ...headers, location } })

type Body<R extends Route> =
  | z.output<R['response']>
  | (R extends { readonly alternative: string } ? Uint8Array : never)

/** One function per route of the table; a missing or an extra one does not compile. */
export type Handlers<T extends Routes> = {
  readonly [K in keyof T]: (request: Request<T[K]>) => Promise<Body<T[K]> | Reply<Body<T[K]>>>
}

export function defineRoutes<const T extends Routes>(routes: T): T {
  return routes
}

export const routeKey = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`

/** A `Date` inside, ISO 8601 UTC on the wire. */
export const timestamp = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})

/** A time, or the day that begins then. */
export const moment = z.union([
  timestamp,
  z.codec(z.iso.date(), z.date(), {
    decode: (day) => new Date(day),
    encode: (date) => date.toISOString().slice(0, 10),
  }),
])

export const noContent = z.undefined()

/** The answer of every list route. */
export const page = <T extends z.ZodMiniType>(item: T) =>
  z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.nullable(z.string()) })

/** What every list route takes. */
export const pageQuery = z.strictObject({
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100)), 20),
  cursor: z.optional(z.string().check(z.maxLength(1024))),
})
export type PageQuery = z.output<typeof pageQuery>
