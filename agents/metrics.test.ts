import { expect } from 'chai';
import { agentMetrics, type Figures } from './metrics.ts';
import { serveHealth } from './health.ts';
import { agentStages } from './stages.ts';

const figures = (): Figures => ({
  version: '1.2.3',
  agent: { ticks: 7, missedTicks: 1, urgentFrames: 2, readSeconds: 0.5, lastTickMs: 1, rows: 9 },
  publisher: {
    frames: 5,
    keyframes: 2,
    duplicates: 1,
    overflowed: 4,
    tooLarge: 0,
    queuedFrames: 3,
    queuedBytes: 300,
    storedMs: 9000,
    failures: { Disconnected: 1, NoStream: 0, Refused: 0, TooLarge: 0, Timeout: 2 },
  },
  scores: { scorings: 1, series: 30, refused: 2 },
  heritage: { inherited: 6, handedOn: 5, failures: 0 },
  connected: () => true,
  histograms: [],
});

describe('agent metrics', () => {
  it('tells each figure as it is when asked, and every reason from the start', async () => {
    const now = figures();
    const metrics = agentMetrics(now);
    await metrics.metrics();
    const text = await metrics.metrics();
    for (const line of [
      'homeostat_agent_ticks_total 7',
      'homeostat_agent_rows 9',
      'homeostat_agent_scored_series 30',
      'homeostat_agent_refused_scorings 2',
      'homeostat_agent_baselines_inherited_total 6',
      'homeostat_agent_frames_dropped_total{reason="overflow"} 4',
      'homeostat_agent_frames_dropped_total{reason="too_large"} 0',
      'homeostat_agent_publish_failures_total{reason="Timeout"} 2',
      'homeostat_agent_publish_failures_total{reason="Refused"} 0',
      'homeostat_agent_connected 1',
      'homeostat_agent_last_stored_timestamp_seconds 9',
      `homeostat_build_info{version="1.2.3",node="${process.version}"} 1`,
    ])
      expect(text.split('\n')).to.include(line);
    now.agent.ticks = 8;
    expect(await metrics.metrics()).to.contain('homeostat_agent_ticks_total 8');
  });

  it('tells how long reading and publishing took', async () => {
    const { histograms, captured, published } = agentStages();
    captured(3);
    published(1500);
    published(90_000);
    const text = await agentMetrics({ ...figures(), histograms }).metrics();
    for (const line of [
      'homeostat_agent_capture_seconds_bucket{le="0.0025"} 0',
      'homeostat_agent_capture_seconds_bucket{le="0.005"} 1',
      'homeostat_agent_publish_seconds_sum 91.5',
      'homeostat_agent_publish_seconds_bucket{le="30"} 1',
      'homeostat_agent_publish_seconds_count 2',
    ])
      expect(text.split('\n')).to.include(line);
  });

  it('is served beside the probes', async () => {
    const server = await serveHealth(
      { port: 0, address: '127.0.0.1' },
      {
        metrics: () => Promise.resolve({ type: 'text/plain', text: 'm 1\n' }),
        healthz: () => ({ ok: true, text: 'ok' }),
        readyz: () => ({ ok: false, text: 'no stream' }),
      },
    );
    const get = async (path: string): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    try {
      expect(await get('/metrics?x=1')).to.equal('200 m 1\n');
      expect(await get('/healthz')).to.equal('200 ok\n');
      expect(await get('/readyz')).to.equal('503 no stream\n');
      expect(await get('/other')).to.equal('404 not found\n');
    } finally {
      await server.close();
    }
  });
});
