import { Duration, Size } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { ServiceFunction } from './service-function.ts'

/** What the scanner knows, kept new. Staleness is told by the scheduler, which runs whether this does or not. */
export class VirusDefinitions extends Construct {
  readonly updater: ServiceFunction

  /**
   * Outside the VPC: it talks to the mirror and to S3. The test load of the definitions holds ~1.2 GB; there are two
   * sets on its disk for a moment.
   */
  constructor(scope: Construct, id: string, { stage, alarms, storage, parameters }: Foundation) {
    super(scope, id)
    this.updater = new ServiceFunction(this, 'definitions-updater', {
      stage,
      alarms,
      name: 'definitions-updater',
      image: true,
      memorySize: 2048,
      ephemeralStorage: Size.gibibytes(2),
      timeout: Duration.minutes(15),
      environment: {
        DEFINITIONS_BUCKET: storage.definitions.bucketName,
        DEFINITIONS_MIRROR: parameters.definitionsMirror,
        DEFINITIONS_URLS: parameters.definitionsUrls,
      },
    })
    this.updater.allowObjects(['s3:GetObject', 's3:PutObject'], storage.definitions, 'definitions/')
  }

  /** `teller` writes the metric into its log. */
  watchAge({ alarms }: Foundation, { fn }: ServiceFunction) {
    alarms.watch('definitions-age', {
      metric: new Metric({
        namespace: 'Veza',
        metricName: 'definitions_age_hours',
        statistic: 'Maximum',
        period: Duration.hours(1),
        dimensionsMap: { service: fn.functionName },
      }),
      above: 48,
      periods: 2,
      description: 'The virus definitions in force are more than two days old',
    })
  }
}
