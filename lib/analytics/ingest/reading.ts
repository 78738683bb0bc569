import * as z from 'zod/mini'
import { catalogue, type ReportedEvent } from './catalogue.ts'
import { type JudgedTime, judgeTime, type Rejection } from './times.ts'

export type Read =
  | { readonly event: ReportedEvent; readonly time: JudgedTime }
  | { readonly id: string | null; readonly rejection: Rejection }

const longestDetail = 300

/** One reported event, by the schema of its type. */
export function readEvent(given: unknown, now: Date): Read {
  const { id, type, at } = isObject(given) ? given : {}
  const reject = (rejection: Rejection): Read => ({ id: idOf(id), rejection })
  if (!isObject(given)) return reject({ code: 'invalid_event', detail: 'An event is an object' })
  if (typeof type !== 'string' || !Object.hasOwn(catalogue, type))
    return reject({ code: 'unknown_type', detail: 'There is no such type of event' })
  const time = judgeTime(at, now)
  if ('code' in time) return reject(time)
  const { data, error } = catalogue[type as keyof typeof catalogue].safeParse(given)
  if (error) return reject({ code: 'invalid_event', detail: z.prettifyError(error).slice(0, longestDetail) })
  return { event: { ...data, id: data.id.toLowerCase() }, time }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const idOf = (id: unknown) => (typeof id === 'string' && id.length <= 64 ? id : null)
