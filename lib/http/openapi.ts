import * as z from 'zod/mini'
import { type ProblemCode, problems } from '../errors.ts'
import { idempotencyKeyPattern, takesIdempotencyKey } from './idempotency.ts'
import { type Auth, noContent, type Route, type Routes } from './route.ts'

type Schema = z.core.JSONSchema.JSONSchema
type Components = Record<string, Schema>

/** The OpenAPI 3.1 document of the route table. A schema with an id (`.meta({ id })`) becomes a component. */
export function toOpenApi(
  info: { readonly title: string; readonly version: string; readonly description?: string },
  groups: Readonly<Record<string, Routes>>,
) {
  const schemas: Components = { Problem: problemSchema }
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [tag, routes] of Object.entries(groups)) {
    for (const [operationId, route] of Object.entries(routes)) {
      paths[route.path] ??= {}
      paths[route.path]![route.method.toLowerCase()] = toOperation(tag, operationId, route, schemas)
    }
  }
  return {
    openapi: '3.1.0',
    info,
    tags: Object.keys(groups).map((name) => ({ name })),
    paths,
    components: { securitySchemes, schemas },
  }
}

function toOperation(tag: string, operationId: string, route: Route, schemas: Components) {
  const { summary, auth, policy, params, query, body, headers = {} } = route
  return {
    operationId,
    tags: [tag],
    summary,
    security: security[auth],
    parameters: [
      ...toParameters('path', params, schemas),
      ...toParameters('query', query, schemas),
      ...Object.entries(headers).map(toHeaderParameter),
      ...(takesIdempotencyKey(route) ? [toKeyParameter(route)] : []),
    ],
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: toJsonSchema(body, schemas) } },
      },
    }),
    'x-veza-policy': { auth, ...policy },
    responses: {
      [route.status]: toSuccess(route, schemas),
      ...(route.moves && moved),
      ...(route.refers && referred),
      ...toProblems(route),
    },
  }
}

function toParameters(where: 'path' | 'query', schema: z.ZodMiniType | undefined, schemas: Components) {
  const { properties = {}, required = [] } = schema ? toJsonSchema(schema, schemas) : {}
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: value,
  }))
}

const toHeaderParameter = ([name, description]: [string, string]) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
})

const toKeyParameter = ({ idempotency }: Route) => ({
  name: 'Idempotency-Key',
  in: 'header',
  required: idempotency === 'required',
  description:
    'Names the call, for 24 hours: sent again with the same path, query and body it is answered as the first time, with `Idempotent-Replayed: true`, and not done again.',
  schema: { type: 'string', pattern: idempotencyKeyPattern.source },
})

const descriptions = { 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'Done' } as const

const moved = {
  308: {
    description: 'It is at another path by now',
    headers: { Location: { schema: { type: 'string' } } },
  },
}

const referred = {
  303: {
    description: 'It is to be fetched elsewhere',
    headers: { Location: { schema: { type: 'string' } } },
  },
}

function toSuccess(route: Route, schemas: Components) {
  const { status, response, produces = 'application/json', alternative } = route
  const description = descriptions[status]
  if (response === noContent) return { description }
  const isJson = produces.includes('json')
  const schema = isJson ? toJsonSchema(response, schemas) : { type: 'string' }
  const bytes = { schema: { type: 'string', format: 'binary' } }
  return { description, content: { [produces]: { schema }, ...(alternative && { [alternative]: bytes }) } }
}

function toProblems(route: Route) {
  const byStatus = Map.groupBy(problemsOf(route), (code) => problems[code][0])
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\` ${problems[code][1]}`).join(' · '),
        content: { 'application/problem+json': { schema: problemOf(codes) } },
      },
    ]),
  )
}

const problemOf = (codes: readonly ProblemCode[]) => ({
  allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
})

const tokenProblems: readonly ProblemCode[] = ['unauthenticated', 'token_expired', 'token_revoked']
const keyProblems: readonly ProblemCode[] = ['idempotency_in_progress', 'idempotency_mismatch']
const problemsByAuth: Record<Auth, readonly ProblemCode[]> = {
  none: [],
  signature: [],
  iam: [],
  user: tokenProblems,
  optional: tokenProblems,
}

/** The route's own, and those that every route of its kind can answer with. */
function problemsOf(route: Route): ProblemCode[] {
  const { auth, policy, params, query, body, problems: own } = route
  const codes: ProblemCode[] = [...own, ...problemsByAuth[auth]]
  if (auth === 'user') codes.push('forbidden')
  if (policy.step_up) codes.push('step_up_required')
  if (policy.limit !== 'unlimited') codes.push('rate_limited')
  if (params) codes.push('not_found')
  if (takesIdempotencyKey(route)) codes.push('invalid_request', ...keyProblems)
  if (route.idempotency === 'required') codes.push('idempotency_key_required')
  if (query) codes.push('validation_failed')
  if (query instanceof z.ZodMiniObject && 'cursor' in query.shape) codes.push('invalid_request')
  if (body) codes.push('invalid_request', 'payload_too_large', 'unsupported_media_type', 'validation_failed')
  return [...new Set([...codes, 'internal' as const, 'unavailable' as const])]
}

/** What is on the wire is the input side of a codec, of an answer too. */
function toJsonSchema(schema: z.ZodMiniType, schemas: Components): Schema {
  const { $schema, $defs, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  Object.assign(schemas, hoist($defs ?? {}))
  return hoist(json as Schema)
}

const hoist = <T>(json: T): T =>
  JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'))

const security: Record<Auth, readonly Record<string, readonly string[]>[]> = {
  none: [],
  signature: [],
  user: [{ bearer: [] }],
  optional: [{}, { bearer: [] }],
  iam: [{ sigv4: [] }],
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of a login.',
  },
  sigv4: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'AWS Signature Version 4 for the service `execute-api`; for our own servers only.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
}

const problemSchema: Schema = {
  type: 'object',
  description: 'A failure (RFC 9457). `code` is stable; `errors` names each invalid member of a request.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { type: 'string' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
}
