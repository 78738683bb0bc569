import { createChartService } from '../../lib/analytics/stats/chart-service.ts'
import { createDashboardService } from '../../lib/analytics/stats/dashboard-service.ts'
import { createStatsExportService } from '../../lib/analytics/stats/export-service.ts'
import { createTrackStatsService } from '../../lib/analytics/stats/track-service.ts'
import type { ObjectStore } from '../../lib/aws/object-store.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createSalesService } from '../../lib/sales/service.ts'
import { createStatsHandlers } from './stats-handlers.ts'

export interface StatsDependencies {
  readonly sql: Sql
  readonly exports: Pick<ObjectStore, 'put' | 'presignGet'>
  readonly now?: () => Date
}

/** Everything behind the routes that read figures. */
export const composeStats = ({ sql, exports, now = () => new Date() }: StatsDependencies) =>
  createStatsHandlers({
    trackStats: createTrackStatsService({ sql, now }),
    dashboards: createDashboardService({ sql, sales: createSalesService({ sql, now }), now }),
    statsExports: createStatsExportService({ sql, exports, now }),
    charts: createChartService({ sql }),
  })
