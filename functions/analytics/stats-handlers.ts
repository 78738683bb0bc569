import type { ChartService } from '../../lib/analytics/stats/chart-service.ts'
import type { DashboardService } from '../../lib/analytics/stats/dashboard-service.ts'
import type { StatsExportService } from '../../lib/analytics/stats/export-service.ts'
import type { TrackStatsService } from '../../lib/analytics/stats/track-service.ts'
import { type Handlers, Reply, seeOther } from '../../lib/http/route.ts'
import type { statsRoutes } from './stats-routes.ts'

export interface StatsServices {
  readonly trackStats: TrackStatsService
  readonly dashboards: DashboardService
  readonly statsExports: StatsExportService
  readonly charts: ChartService
}

export const createStatsHandlers = ({
  trackStats,
  dashboards,
  statsExports,
  charts,
}: StatsServices): Handlers<typeof statsRoutes> => ({
  getTrackStats: ({ actor, params, query }) => trackStats.get(actor, params.track_id, query),
  explainTrackStats: ({ actor, params, query }) => trackStats.explain(actor, params.track_id, query),
  getDashboard: ({ actor, query }) => dashboards.get(actor, query),
  async exportDashboard({ actor, query }) {
    const { filename, file } = await statsExports.make(actor, query)
    if ('url' in file) return seeOther(file.url, { 'cache-control': 'no-store' })
    return new Reply(file.text, {
      headers: { 'content-disposition': `attachment; filename="${filename}"` },
    })
  },
  getChart: ({ actor, query }) => charts.get(actor, query),
})
