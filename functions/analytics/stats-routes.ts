import * as z from 'zod/mini'
import { chart, chartQuery } from '../../lib/analytics/stats/chart-schemas.ts'
import {
  dashboard,
  explainedStats,
  explainQuery,
  exportQuery,
  statsParams,
  statsQuery,
  trackStats,
} from '../../lib/analytics/stats/schemas.ts'
import { defineRoutes } from '../../lib/http/route.ts'

const read = { permission: 'analytics.read', reach: 'own', limit: 'read', step_up: false } as const

export const statsRoutes = defineRoutes({
  getTrackStats: {
    method: 'GET',
    path: '/api/v1/analytics/tracks/{track_id}/stats',
    auth: 'user',
    policy: read,
    summary:
      'Read the figures of a track that you may edit, by day or hour of UTC, beside those before if asked',
    params: statsParams,
    query: statsQuery,
    status: 200,
    response: trackStats,
    problems: ['not_found'],
  },
  explainTrackStats: {
    method: 'GET',
    path: '/api/v1/analytics/tracks/{track_id}/stats/explain',
    auth: 'user',
    policy: read,
    summary: 'Read by what rule plays are counted, and how many listenings of a track were not, and why',
    params: statsParams,
    query: explainQuery,
    status: 200,
    response: explainedStats,
    problems: ['not_found'],
  },
  getDashboard: {
    method: 'GET',
    path: '/api/v1/analytics/dashboard',
    auth: 'user',
    policy: read,
    summary:
      'Read the figures of all that is yours: plays, listeners, where they come from, sales and conversion',
    query: statsQuery,
    status: 200,
    response: dashboard,
    problems: [],
  },
  exportDashboard: {
    method: 'GET',
    path: '/api/v1/analytics/dashboard/export.csv',
    auth: 'user',
    policy: { ...read, limit: 'download' },
    summary:
      'Get the figures of your tracks as CSV, a line for each and day; where it is large, at another address',
    query: exportQuery,
    status: 200,
    response: z.string(),
    produces: 'text/csv; charset=utf-8',
    refers: true,
    problems: [],
  },
  getChart: {
    method: 'GET',
    path: '/api/v1/analytics/top',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'read', step_up: false },
    summary: 'List the public tracks that were played most in a period, of a genre if asked',
    query: chartQuery,
    status: 200,
    response: chart,
    problems: [],
  },
})
