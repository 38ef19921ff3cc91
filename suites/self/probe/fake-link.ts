import { openLink, type ProbeRequest } from '../../../helpers/probe/link.ts';
import { createFakeStream, type FakeStream } from './agents.ts';

export const one: ProbeRequest = { protocol: 'TCP', host: '10.0.0.2', port: 80, deadline: 50 };
export const connected = { outcome: 'connected', milliseconds: 1, answeredBy: 'y/b', sourceSeen: '10.0.0.1' };
export const expected = { name: 'x/a', addresses: ['10.0.0.1'], pause: 1, retries: 2 };

/** A link over fake streams, and all the streams that it opened. */
export const openFake = (
  makeStream: (attempt: number) => FakeStream | Promise<FakeStream> = () => createFakeStream(),
) => {
  const streams: FakeStream[] = [];
  let attempts = 0;
  const connect = async (): Promise<FakeStream> => {
    const stream = await makeStream((attempts += 1));
    streams.push(stream);
    return stream;
  };
  const link = openLink(connect, 'x/a', expected);
  return { link, streams, attempts: () => attempts };
};
