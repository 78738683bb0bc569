import * as z from 'zod/mini'
import { routeGroups } from '../../../functions/routes.ts'
import { noContent, type Route, routeKey } from '../../../lib/http/route.ts'

const routes = Object.entries(routeGroups).flatMap(([group, table]) =>
  Object.entries(table).map(([name, route]): { group: string; name: string; route: Route } => ({
    group,
    name,
    route,
  })),
)
const withBody = routes.filter(({ route }) => route.body)
const withQuery = routes.filter(({ route }) => route.query)

const unknownKeysOf = (schema: z.ZodMiniType | undefined) =>
  schema?.safeParse({ not_a_field: '1' }).error?.issues.some(({ code }) => code === 'unrecognized_keys')

test('gives every method and path to one route alone', () => {
  const keys = routes.map(({ route }) => routeKey(route))

  expect(new Set(keys).size).toBe(keys.length)
})

test('gives every route a name of its own', () => {
  expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length)
})

test.each(routes)('$name describes each part of its path, and no other', ({ route }) => {
  const parts = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part)
  const described = route.params instanceof z.ZodMiniObject ? Object.keys(route.params.shape) : []

  expect(described.sort()).toEqual(parts.sort())
})

test.each(withBody)('$name refuses an unknown field', ({ route }) => {
  expect(unknownKeysOf(route.body)).toBe(true)
})

test.each(withQuery)('$name refuses an unknown part of the query', ({ route }) => {
  expect(unknownKeysOf(route.query)).toBe(true)
})

test.each(routes)('$name has a body in its answer exactly where its status allows one', ({ route }) => {
  if (route.status === 204) expect(route.response).toBe(noContent)
  if (route.method === 'GET') expect(route.response).not.toBe(noContent)
  expect(route.method === 'GET' && route.body).toBeFalsy()
})

/** Whoever is shown a certificate, reads what events there are, or follows the link of a mail needs no account here. */
const forEverybody = ['verifyLicense', 'getLicenseKeys', 'listEventTypes', 'unsubscribeFromMails']

test.each(routes)('$name is open only where that is meant', ({ group, name, route }) => {
  const open = route.auth === 'none' && !forEverybody.includes(name)

  expect(group === 'internal' ? route.auth : 'iam').toBe('iam')
  expect(open ? ['auth', 'system'] : [group]).toContain(group)
})
