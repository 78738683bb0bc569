import { captureOutput } from '../../support/output.ts'

/** The logger reads its settings when it is made, so it is imported after this. */
process.env.LOG_LEVEL = 'INFO'
process.env.POWERTOOLS_SERVICE_NAME = 'veza-test-jobs-worker'
const { recordFailedTry, recordGivenUp } = await import('../../../lib/media/streams/prepare-metrics.ts')

const failure = { track_id: 't', version_id: 'v', job_id: 'j', tries: 8, reason: 'timed_out' }

test.each([
  { record: recordFailedTry, level: 'WARN', metric: 'stream_tries_failed' },
  { record: recordGivenUp, level: 'ERROR', metric: 'stream_jobs_given_up' },
])('$metric is counted by the function alone, in the line that names the job', async (known) => {
  const { log } = await captureOutput(async () => known.record(failure))

  expect(log).toMatchObject([
    {
      ...failure,
      level: known.level,
      service: 'veza-test-jobs-worker',
      [known.metric]: 1,
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'Veza',
            Dimensions: [['service']],
            Metrics: [{ Name: known.metric, Unit: 'Count' }],
          },
        ],
      },
    },
  ])
})
