import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { type IGrantable, type IManagedPolicy, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { database as databaseNames, type StageConfig } from '../config.ts'
import type { DataStack } from '../stacks/data-stack.ts'
import { acknowledge } from './acknowledge.ts'

/** How a function reaches the database: its place in the network, its settings and its right to connect. */
export interface DatabaseAccess {
  readonly placement: {
    readonly vpc: IVpc
    readonly vpcSubnets: SubnetSelection
    readonly securityGroups: ISecurityGroup[]
  }
  readonly networkPolicy: IManagedPolicy
  readonly environment: Readonly<Record<string, string>>
  grantConnect(grantee: IGrantable): void
}

/** Every function but one: as `veza_app`, through the proxy, with a token signed for each connection. */
export function throughProxy(
  data: DataStack,
  stage: StageConfig,
  networkPolicy: IManagedPolicy,
): DatabaseAccess {
  const { database, network } = data
  return {
    placement: {
      vpc: network.vpc,
      vpcSubnets: network.functionSubnets,
      securityGroups: [network.functions],
    },
    networkPolicy,
    environment: connection(stage, database.proxy.endpoint, databaseNames.appUser),
    grantConnect: (grantee) => database.grantConnect(grantee),
  }
}

/**
 * `migrate`: as `veza_admin`, straight to the cluster, with the password RDS keeps. The cluster's certificate
 * is signed by Amazon's own RDS authority, which Node does not know; reading it costs start-up time, so only
 * this function does.
 */
export function toCluster(
  data: DataStack,
  stage: StageConfig,
  networkPolicy: IManagedPolicy,
): DatabaseAccess {
  const { database, network } = data
  const { tls } = stage.database
  return {
    placement: {
      vpc: network.vpc,
      vpcSubnets: network.functionSubnets,
      securityGroups: [network.migration],
    },
    networkPolicy,
    environment: {
      ...connection(stage, database.cluster.clusterEndpoint.hostname, databaseNames.adminUser),
      DATABASE_ADMIN_SECRET_ARN: database.adminSecret.secretArn,
      APP_DATABASE_USER: databaseNames.appUser,
      ...(tls === 'verify-full' && { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }),
    },
    grantConnect: (grantee) =>
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({
          actions: ['secretsmanager:GetSecretValue'],
          resources: [database.adminSecret.secretArn],
        }),
      ),
  }
}

const connection = (stage: StageConfig, host: string, user: string) => ({
  PGHOST: host,
  PGPORT: String(databaseNames.port),
  PGDATABASE: databaseNames.name,
  PGUSER: user,
  PGSSLMODE: stage.database.tls,
  // The proxy multiplexes prepared statements of the protocol; without them a query is two round trips.
  DB_PREPARE: 'true',
})

/** What Lambda itself needs of a function's role to put it into a VPC; one policy for all of them. */
export class NetworkInterfacePolicy extends Construct {
  readonly policy: ManagedPolicy

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.policy = new ManagedPolicy(this, 'Policy', {
      description: 'Lets Lambda attach functions to the VPC',
      statements: [
        new PolicyStatement({
          actions: [
            'ec2:CreateNetworkInterface',
            'ec2:DescribeNetworkInterfaces',
            'ec2:DescribeSubnets',
            'ec2:DeleteNetworkInterface',
            'ec2:AssignPrivateIpAddresses',
            'ec2:UnassignPrivateIpAddresses',
          ],
          resources: ['*'],
        }),
      ],
    })
    acknowledge(
      this.policy,
      'AwsSolutions-IAM5[Resource::*]',
      'Lambda checks these for every resource before it makes an interface whose name nobody knows yet',
    )
  }
}
