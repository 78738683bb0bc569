import * as z from 'zod/mini'
import { defineRoutes } from '../../lib/http/route.ts'
import { assetParams, health, problemGuide, problemParams, readiness } from '../../lib/system/schemas.ts'

export const systemRoutes = defineRoutes({
  getHealth: {
    method: 'GET',
    path: '/healthz',
    auth: 'none',
    summary: 'Tell that the function runs; touches nothing else',
    status: 200,
    response: health,
    problems: [],
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    auth: 'none',
    summary: 'Tell whether everything the API depends on answers; 503 where something does not',
    status: 200,
    response: readiness,
    problems: [],
  },
  getOpenApi: {
    method: 'GET',
    path: '/api/v1/openapi.json',
    auth: 'none',
    summary: 'Read the OpenAPI document of this API',
    status: 200,
    response: z.record(z.string(), z.unknown()),
    problems: [],
  },
  getReference: {
    method: 'GET',
    path: '/docs',
    auth: 'none',
    summary: 'Open the interactive reference',
    status: 200,
    response: z.string(),
    produces: 'text/html; charset=utf-8',
    problems: [],
  },
  getReferenceAsset: {
    method: 'GET',
    path: '/docs/{asset}',
    auth: 'none',
    summary: 'Read a file of the interactive reference',
    params: assetParams,
    status: 200,
    response: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
    produces: 'application/octet-stream',
    problems: [],
  },
  explainProblem: {
    method: 'GET',
    path: '/problems/{code}',
    auth: 'none',
    summary: 'Read what a problem means and what to do about it',
    params: problemParams,
    status: 200,
    response: problemGuide,
    problems: [],
  },
})
