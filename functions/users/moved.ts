import { movedTo, type Reply } from '../../lib/http/route.ts'
import type { Found } from '../../lib/users/service.ts'

/** Answers for the user of a name, or leads to the name that they have by now, with the query as it was. */
export async function orMoved<U, B>(
  found: Found<U>,
  rest: string,
  answer: (user: U) => Promise<B> | B,
  query: object = {},
): Promise<B | Reply<never>> {
  if (!('moved_to' in found)) return answer(found.user)
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : ''
  return movedTo(`/api/v1/users/${found.moved_to}${rest}${search}`)
}
