import * as z from 'zod/mini'
import { routeGroups } from '../../../functions/routes.ts'
import type { Route } from '../../../lib/http/route.ts'

/** What decides who a user is and what they may do: no write reaches it but by a route made for it. */
const protectedFields = [
  'role',
  'is_verified',
  'email_status',
  'email_verified',
  'email_verified_at',
  'suspended_at',
  'suspended_until',
  'suspended_reason',
  'token_version',
  'must_reset_password',
  'password_hash',
  'user_id',
  'owner_id',
  'revision',
  'deleted_at',
]

/** A role on a sleeve, in a studio or in a playlist is none of the application; shares name whose they are. */
const allowed = [
  'createTrack role',
  'updateTrack role',
  'putCollaborator role',
  'proposeSplits user_id',
  'acceptSplits revision',
  'putPlaylistCollaborator role',
  'createInviteLink role',
  'changeUserRole role',
]

const bodies = Object.values(routeGroups).flatMap((table) =>
  Object.entries<Route>(table).flatMap(([name, { body }]) => (body ? [{ name, body }] : [])),
)

/** The name of every member anywhere in a JSON Schema. */
function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties } = schema as { properties?: object }
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(namesIn)]
}

test('the bodies of the table accept no protected field but where that is meant', () => {
  const reached = bodies.flatMap(({ name, body }) =>
    namesIn(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }))
      .filter((field) => protectedFields.includes(field))
      .map((field) => `${name} ${field}`),
  )

  expect(bodies.length).toBeGreaterThan(5)
  expect([...new Set(reached)]).toEqual(allowed)
})

test.each(bodies)('$name refuses each of them', ({ name, body }) => {
  for (const field of protectedFields) {
    if (allowed.includes(`${name} ${field}`)) continue
    const { error } = body.safeParse({ [field]: 'admin' })
    const unknown = error?.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
    expect(unknown).toContain(field)
  }
})
