import path from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createSystemHandlers } from '../../../functions/system/handlers.ts'
import { systemRoutes } from '../../../functions/system/routes.ts'
import { problems } from '../../../lib/errors.ts'
import { createApi } from '../../../lib/http/api.ts'
import { createReferencePage } from '../../../lib/system/reference-page.ts'
import type { Readiness } from '../../../lib/system/schemas.ts'
import { call, context, httpEvent, unlimited } from '../../support/api.ts'

const root = path.join(import.meta.dirname, '../../..')
const reference = createReferencePage({
  directories: [path.join(root, 'functions/system/docs'), path.join(root, 'node_modules/swagger-ui-dist')],
})
const ready: Readiness = {
  status: 'ready',
  checks: { database: 'ok', queue: 'ok', storage: 'ok', cache: 'ok' },
}

const createSystemApi = (readiness: Readiness = ready) =>
  createApi(
    systemRoutes,
    createSystemHandlers({
      version: '1.2.3',
      checkReadiness: async () => readiness,
      reference,
      describeApi: async () => ({ openapi: '3.1.0' }),
    }),
    { service: 'system', corsOrigins: [], takeCall: unlimited },
  )
const api = createSystemApi()

test('tells its version without asking anything', async () => {
  const { status, body } = await call(api, systemRoutes.getHealth)

  expect({ status, body }).toEqual({ status: 200, body: { status: 'ok', version: '1.2.3' } })
})

test.each<{ status: number; readiness: Readiness }>([
  { status: 200, readiness: ready },
  { status: 503, readiness: { status: 'not_ready', checks: { ...ready.checks, queue: 'failing' } } },
])('answers $status for its readiness', async ({ status, readiness }) => {
  const answer = await call(createSystemApi(readiness), systemRoutes.getReadiness)

  expect(answer).toMatchObject({ status, type: 'application/json', body: readiness })
  expect(answer.headers['cache-control']).toBe('no-store')
})

test('gives the OpenAPI document, and 304 to whoever has it', async () => {
  const first = await call(api, systemRoutes.getOpenApi)
  const headers = { 'if-none-match': first.headers.etag ?? '' }
  const second = await call(api, systemRoutes.getOpenApi, { headers })

  expect(first.body).toEqual({ openapi: '3.1.0' })
  expect(second).toMatchObject({ status: 304, text: '' })
})

describe('the reference page', () => {
  const linksOf = (html: string) =>
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '')

  test('is a page that may load from here alone and is not framed', async () => {
    const { status, type, headers } = await call(api, systemRoutes.getReference)

    expect({ status, type }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    expect(headers['content-security-policy']).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/)
  })

  test('refers to no other host and holds no script or style of its own', async () => {
    const { text } = await call(api, systemRoutes.getReference)

    expect(linksOf(text).every((link) => link.startsWith('/'))).toBe(true)
    expect(text).not.toMatch(/<style|style="|<script>|\son\w+=/)
  })

  test('has every file that it names, to be kept for ever', async () => {
    const { text } = await call(api, systemRoutes.getReference)
    const assets = linksOf(text).filter((link) => link.startsWith('/docs/'))

    expect(assets).toHaveLength(5)
    for (const link of assets) {
      const answer = await call(api, systemRoutes.getReferenceAsset, { params: { asset: link.slice(6) } })
      expect(answer.status).toBe(200)
      expect(answer.type).toMatch(/^(text\/(css|javascript)|image\/svg\+xml)/)
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(answer.text.length).toBeGreaterThan(100)
    }
  })

  test.each([
    { accept: 'gzip, deflate, br', encoding: 'br', decode: brotliDecompressSync },
    { accept: 'br;q=0.9, gzip', encoding: 'br', decode: brotliDecompressSync },
    { accept: 'GZIP', encoding: 'gzip', decode: gunzipSync },
    { accept: 'br;q=0, gzip', encoding: 'gzip', decode: gunzipSync },
    { accept: 'br;q=0.0, gzip; q=0', encoding: undefined, decode: (bytes: Buffer) => bytes },
    { accept: '', encoding: undefined, decode: (bytes: Buffer) => bytes },
  ])('sends a file as $encoding to whoever accepts "$accept"', async ({ accept, encoding, decode }) => {
    const page = await call(api, systemRoutes.getReference)
    const asset = /\/docs\/(theme\.[\da-f]{16}\.css)/.exec(page.text)?.[1] ?? ''
    const event = httpEvent(systemRoutes.getReferenceAsset, {
      params: { asset },
      headers: { 'Accept-Encoding': accept },
    })

    const { headers, body = '', isBase64Encoded } = await api(event, context())

    expect(isBase64Encoded).toBe(true)
    expect(headers?.['content-encoding']).toBe(encoding)
    expect(headers?.vary).toBe('Origin, Accept-Encoding')
    expect(decode(Buffer.from(body, 'base64')).toString()).toContain('--accent')
  })

  test.each(['theme.css', 'theme.0000000000000000.css', '../handler.ts', '%2e%2e', '__proto__'])(
    'knows no file %s',
    async (asset) => {
      expect((await call(api, systemRoutes.getReferenceAsset, { params: { asset } })).status).toBe(404)
    },
  )
})

test.each(Object.keys(problems))('explains the problem %s', async (code) => {
  const { status, body } = await call(api, systemRoutes.explainProblem, { params: { code } })

  expect(status).toBe(200)
  expect(body.code).toBe(code)
  expect(body.advice.length).toBeGreaterThan(10)
  expect(body.advice).not.toBe(body.title)
})

test('knows no problem of another name', async () => {
  expect((await call(api, systemRoutes.explainProblem, { params: { code: 'nothing' } })).status).toBe(404)
})
