import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { ServiceFunction } from './service-function.ts'

/** The function writes it into its log. */
export const loggedMetric = ({ fn }: ServiceFunction, metricName: string) =>
  new Metric({
    namespace: 'Veza',
    metricName,
    statistic: 'Sum',
    period: Duration.minutes(5),
    dimensionsMap: { service: fn.functionName },
  })
