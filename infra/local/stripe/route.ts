import type * as z from 'zod/mini'
import type { Context } from './context.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

/** `client`: with the publishable key too, for one object, by its client secret. */
export type Access = 'secret' | 'client'

export interface Page {
  readonly data: readonly object[]
  readonly has_more: boolean
}

export interface Route {
  readonly method: Method
  /** `/v1/charges/{id}` */
  readonly path: string
  readonly pattern: RegExp
  readonly access: Access
  readonly params: z.ZodMiniType
  run(context: Context, params: never, ...ids: string[]): object | Page
}

/** One row: what is asked, with which parameters, and what is done about it. */
export function route<T extends z.ZodMiniType>(
  name: `${Method} /v1/${string}`,
  params: T,
  run: (context: Context, params: z.output<T>, ...ids: string[]) => object | Page,
  access: Access = 'secret',
): Route {
  const [method, path] = name.split(' ') as [Method, string]
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([A-Za-z0-9_]+)')}$`)
  return { method, path, pattern, access, params, run: run as Route['run'] }
}
