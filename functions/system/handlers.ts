import { createHash } from 'node:crypto'
import { AppError } from '../../lib/errors.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import { explain } from '../../lib/system/problem-guide.ts'
import type { createReferencePage } from '../../lib/system/reference-page.ts'
import type { Readiness } from '../../lib/system/schemas.ts'
import type { systemRoutes } from './routes.ts'

export interface SystemDependencies {
  readonly version: string
  readonly checkReadiness: () => Promise<Readiness>
  readonly reference: ReturnType<typeof createReferencePage>
  readonly describeApi: () => Promise<Record<string, unknown>>
}

/** Everything of the page comes from here; `data:` is for the icons in its style sheet. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const shared = { 'cache-control': 'public, no-cache' }
const forEver = { 'cache-control': 'public, max-age=31536000, immutable' }

export function createSystemHandlers(dependencies: SystemDependencies): Handlers<typeof systemRoutes> {
  const { version, checkReadiness, reference, describeApi } = dependencies
  return {
    getHealth: async () => ({ status: 'ok', version }),

    getReadiness: async () => {
      const readiness = await checkReadiness()
      const headers = { 'cache-control': 'no-store' }
      if (readiness.status === 'ready') return new Reply(readiness, { headers })
      return new Reply(readiness, { status: 503, headers: { ...headers, 'retry-after': '5' } })
    },

    getOpenApi: async () => {
      const document = await describeApi()
      return new Reply(document, { headers: shared, etag: hashOf(JSON.stringify(document)) })
    },

    getReference: async () => {
      const html = await reference.html()
      const headers = { ...shared, 'content-security-policy': pagePolicy }
      return new Reply(html, { headers, etag: hashOf(html) })
    },

    getReferenceAsset: async ({ params, headers }) => {
      const asset = await reference.findAsset(params.asset, headers['accept-encoding'])
      if (!asset) throw new AppError('not_found')
      const { type, encoding, bytes } = asset
      return new Reply(bytes, {
        headers: {
          ...forEver,
          'content-type': type,
          vary: 'Accept-Encoding',
          ...(encoding && { 'content-encoding': encoding }),
        },
      })
    },

    explainProblem: async ({ params }) => new Reply(explain(params.code), { headers: shared }),
  }
}

const hashOf = (text: string) => `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
