import { Stack } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetConfiguration,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { database, type StageConfig } from '../config.ts'
import { removalPolicy } from '../removal.ts'

const subnets: SubnetConfiguration[] = [
  { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
  { name: 'functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
  { name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
]

/**
 * Two zones. Functions share one security group and one set of subnets, so that Lambda shares its network
 * interfaces; `migrate` has a group of its own because it alone reaches the cluster past the proxy.
 */
export class Network extends Construct {
  readonly vpc: IVpc
  readonly functionSubnets: SubnetSelection = { subnetGroupName: 'functions' }
  readonly databaseSubnets: SubnetSelection = { subnetGroupName: 'database' }
  readonly functions: SecurityGroup
  readonly migration: SecurityGroup
  readonly proxy: SecurityGroup
  readonly cluster: SecurityGroup

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id)
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.40.0.0/16'),
      maxAzs: 2,
      natGateways: stage.natGateways,
      subnetConfiguration: subnets,
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    })
    // The class declares as possibly undefined what its interface declares as absent.
    this.vpc = vpc as IVpc
    this.functions = this.securityGroup('Functions', 'Functions that use the database')
    this.migration = this.securityGroup('Migration', 'The migration function')
    this.proxy = this.securityGroup('Proxy', 'The database proxy')
    this.cluster = this.securityGroup('Cluster', 'The database')
    this.connect()
    this.logRefusedTraffic(stage)
  }

  /** The proxy's way to the cluster comes with its target. */
  private connect() {
    const postgres = Port.tcp(database.port)
    this.functions.connections.allowTo(this.proxy, postgres, 'queries')
    this.migration.connections.allowTo(this.cluster, postgres, 'migrations')
    for (const group of [this.functions, this.migration]) {
      group.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'AWS, Stripe and the stream server')
    }
  }

  private logRefusedTraffic(stage: StageConfig) {
    const logGroup = new LogGroup(this, 'FlowLogs', {
      logGroupName: `/aws/vendedlogs/${Stack.of(this).stackName}/flow`,
      retention: stage.logRetention,
      removalPolicy: removalPolicy(stage),
    })
    this.vpc.addFlowLog('Refused', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: FlowLogTrafficType.REJECT,
    })
  }

  private securityGroup(id: string, description: string) {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false })
  }
}
