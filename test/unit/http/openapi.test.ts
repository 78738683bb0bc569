import * as z from 'zod/mini'
import { routeGroups } from '../../../functions/routes.ts'
import { problems } from '../../../lib/errors.ts'
import { toOpenApi } from '../../../lib/http/openapi.ts'
import { defineRoutes } from '../../../lib/http/route.ts'
import { thingRoutes } from '../../support/things-api.ts'

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly security: readonly Record<string, unknown>[]
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: unknown }[]
  readonly requestBody?: { content: Record<string, { schema: unknown }> }
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>
}

const describeGroups = (groups: Parameters<typeof toOpenApi>[1]) => {
  const document = toOpenApi({ title: 'Veza API', version: '1.2.3' }, groups)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...(operation as Operation) })),
  )
  return { document, operations }
}

function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsOf(inner),
  )
}

const resolve = (document: unknown, ref: string) =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document)

describe('the document of the whole table', () => {
  const { document, operations } = describeGroups(routeGroups)
  const routes = Object.entries(routeGroups).flatMap(([tag, group]) =>
    Object.entries(group).map(([name, route]) => ({ tag, name, route })),
  )

  test('is OpenAPI 3.1 with title and version', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Veza API', version: '1.2.3' } })
  })

  test('describes every route once, under its own name', () => {
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
      routes.map(({ name }) => name).sort(),
    )
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  })

  test('says what is drawn as a PDF for whoever prefers that', () => {
    const drawn = operations.filter(({ responses }) => responses[200]?.content?.['application/pdf'])
    expect(drawn.map(({ operationId }) => operationId).toSorted()).toEqual(['getCertificate', 'getInvoice'])
    for (const { responses } of drawn) {
      expect(Object.keys(responses[200]!.content!)).toEqual(['application/json', 'application/pdf'])
    }
  })

  test('says where an answer may refer to another place', () => {
    const referring = operations.filter(({ responses }) => responses[303])
    expect(referring.map(({ operationId }) => operationId)).toEqual(['getWaveform', 'exportDashboard'])
  })

  test('says where an answer may lead elsewhere', () => {
    const moving = operations.filter(({ responses }) => responses[308])

    const byUsername = routes.filter(({ route }) => route.path.startsWith('/api/v1/users/{username}'))
    expect(moving.map(({ operationId }) => operationId).sort()).toEqual(
      byUsername.map(({ name }) => name).sort(),
    )
  })

  test.each(routes)('places $name by its path, method and group', ({ tag, name, route }) => {
    const found = operations.find(({ operationId }) => operationId === name)

    expect(found).toMatchObject({
      path: route.path,
      method: route.method.toLowerCase(),
      tags: [tag],
      summary: route.summary,
    })
    expect(Object.keys(found?.responses ?? {})).toContain(String(route.status))
  })

  test('refers to nothing that it does not hold', () => {
    const refs = refsOf(document)

    expect(refs).toContain('#/components/schemas/Problem')
    expect(refs.filter((ref) => !ref.startsWith('#/') || resolve(document, ref) === undefined)).toEqual([])
  })

  test('uses only security schemes that it declares', () => {
    const used = operations.flatMap(({ security }) => security.flatMap((one) => Object.keys(one)))

    expect(Object.keys(document.components.securitySchemes)).toEqual(expect.arrayContaining(used))
  })

  test.each(operations)('declares every part of the path of $operationId', ({ path, parameters }) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)

    expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(names)
    expect(parameters.filter((one) => one.in === 'path').every(({ required }) => required)).toBe(true)
  })

  test.each(operations)('gives the problems of $operationId as problem documents', ({ responses }) => {
    const failures = Object.entries(responses).filter(([status]) => Number(status) >= 400)

    expect(failures.map(([status]) => status)).toEqual(expect.arrayContaining(['500', '503']))
    for (const [status, { content }] of failures) {
      const schema = content?.['application/problem+json']?.schema
      const codes = (schema as { allOf: [unknown, { properties: { code: { enum: string[] } } }] }).allOf[1]
        .properties.code.enum
      expect(codes.length).toBeGreaterThan(0)
      expect(codes.map((code) => String(problems[code as keyof typeof problems][0]))).toEqual(
        codes.map(() => status),
      )
    }
  })

  test('takes the token of a secret link where a shared track and its comments are read', () => {
    const taking = operations.filter(({ parameters }) =>
      parameters.some(({ name, in: at }) => at === 'header' && name === 'X-Share-Token'),
    )

    expect(taking.map(({ operationId }) => operationId).sort()).toEqual([
      'getComment',
      'getPreview',
      'getTrack',
      'getWaveform',
      'listComments',
      'listReplies',
      'streamTrack',
    ])
  })

  test('holds nothing that JSON cannot', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })
})

describe('the document of a route', () => {
  const { operations } = describeGroups({ things: thingRoutes })
  const operationOf = (id: string) => operations.find(({ operationId }) => operationId === id)

  test.each([
    { route: 'createThing', security: [] },
    { route: 'receiveHook', security: [] },
    { route: 'readThing', security: [{ bearer: [] }] },
    { route: 'listThings', security: [{}, { bearer: [] }] },
    { route: 'reportThing', security: [{ sigv4: [] }] },
  ])('says who may call $route', ({ route, security }) => {
    expect(operationOf(route)?.security).toEqual(security)
  })

  test('shows a time as it is on the wire', () => {
    const schema = operationOf('readThing')?.responses[200]?.content?.['application/json']?.schema

    expect(schema).toMatchObject({ properties: { created_at: { type: 'string', format: 'date-time' } } })
  })

  test('shows a query with its defaults and bounds', () => {
    expect(operationOf('listThings')?.parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: expect.objectContaining({ type: 'integer', minimum: 1, maximum: 100, default: 20 }),
    })
  })

  test('refuses unknown fields of a body', () => {
    expect(operationOf('createThing')?.requestBody?.content['application/json']?.schema).toMatchObject({
      additionalProperties: false,
      required: ['title'],
    })
  })

  test('shows no content where there is none', () => {
    expect(operationOf('removeThing')?.responses[204]).toEqual({ description: 'Done' })
  })

  test('names the headers that a route goes by', () => {
    const headers = { 'X-Colour': 'Of the thing' }
    const { operations } = describeGroups({
      things: defineRoutes({ paint: { ...thingRoutes.readThing, headers } }),
    })
    const [paint] = operations

    expect(paint?.parameters).toContainEqual({
      name: 'X-Colour',
      in: 'header',
      required: false,
      description: 'Of the thing',
      schema: { type: 'string' },
    })
    expect(operationOf('readThing')?.parameters.filter(({ in: at }) => at === 'header')).toEqual([])
  })

  test('offers an Idempotency-Key where a signed-in user posts, but for what answers with credentials', () => {
    const post = { ...thingRoutes.createThing, auth: 'user' } as const
    const { operations } = describeGroups({
      posts: defineRoutes({
        make: post,
        order: { ...post, path: '/api/v1/orders', idempotency: 'required' },
        signIn: { ...post, path: '/api/v1/auth/again' },
        change: { ...post, method: 'PATCH' },
      }),
    })
    const keyOf = (id: string) =>
      operations
        .find(({ operationId }) => operationId === id)
        ?.parameters.find(({ in: at }) => at === 'header')

    expect(keyOf('make')).toMatchObject({ name: 'Idempotency-Key', required: false })
    expect(keyOf('order')).toMatchObject({ name: 'Idempotency-Key', required: true })
    expect([keyOf('signIn'), keyOf('change')]).toEqual([undefined, undefined])
    const refusals = operations.find(({ operationId }) => operationId === 'order')?.responses
    expect(refusals?.[400]?.description).toContain('idempotency_key_required')
    expect(refusals?.[409]?.description).toContain('idempotency_in_progress')
    expect(refusals?.[422]?.description).toContain('idempotency_mismatch')
  })

  test.each([
    { route: 'createThing', statuses: ['400', '413', '415', '422'] },
    { route: 'readThing', statuses: ['401', '404', '409'] },
    { route: 'listThings', statuses: ['401', '422'] },
  ])('adds the problems of every route of the kind of $route', ({ route, statuses }) => {
    expect(Object.keys(operationOf(route)?.responses ?? {})).toEqual(expect.arrayContaining(statuses))
  })
})

test('makes a component of a schema that has an id, once for all routes', () => {
  const owner = z.object({ id: z.uuid() }).check(z.meta({ id: 'TestOwner' }))
  const policy = { permission: 'public', reach: 'any', limit: 'read', step_up: false } as const
  const route = { method: 'GET', auth: 'none', policy, summary: 'x', status: 200, problems: [] } as const
  const routes = defineRoutes({
    readA: { ...route, path: '/a', response: z.object({ owner }) },
    readB: { ...route, path: '/b', response: z.object({ owner, others: z.array(owner) }) },
  })

  const { document } = describeGroups({ owners: routes })

  expect(refsOf(document.paths)).toContain('#/components/schemas/TestOwner')
  expect(resolve(document, '#/components/schemas/TestOwner')).toMatchObject({ type: 'object' })
  expect(JSON.stringify(document)).not.toContain('$defs')
})
