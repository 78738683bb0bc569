import { drawCharts } from '../analytics/rollups/charts.ts'
import { rollUp } from '../analytics/rollups/service.ts'
import type { Sql } from '../db/client.ts'
import type { Tasks } from './run-task.ts'

/** Those of the statistics. */
export const createAnalyticsTasks = ({ sql }: { readonly sql: Sql }) =>
  ({
    'roll-up': {
      marked: (now) => rollUp(sql, now),
      charts: (now) => drawCharts(sql, now),
    },
  }) satisfies Tasks
