import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { StageConfig } from '../config.ts'
import type { Alarms } from './alarms.ts'
import type { Database } from './database.ts'

export function watchDatabase(alarms: Alarms, { cluster, proxy }: Database, stage: StageConfig) {
  const ofProxy = (metricName: string, statistic: string) =>
    new Metric({
      namespace: 'AWS/RDS',
      metricName,
      statistic,
      period: Duration.minutes(5),
      dimensionsMap: { ProxyName: proxy.dbProxyName },
    })
  alarms.watch('proxy-pinned', {
    metric: ofProxy('DatabaseConnectionsCurrentlySessionPinned', 'Maximum'),
    above: 0,
    periods: 3,
    description:
      'Sessions hold on to their connections, so the proxy cannot share them: look for session state',
  })
  alarms.watch('proxy-borrow', {
    metric: ofProxy('DatabaseConnectionsBorrowLatency', 'Average'),
    // Microseconds.
    above: 500_000,
    periods: 3,
    description: 'Requests wait for a connection: too few of them, or transactions that are too long',
  })
  alarms.watch('database-capacity', {
    metric: cluster.metricServerlessDatabaseCapacity({ period: Duration.minutes(5), statistic: 'max' }),
    above: 0.8 * stage.database.maxCapacity,
    periods: 3,
    description: 'The database is near the capacity its stage allows',
  })
}
