// One piece of work for all who ask for it at the same time; it is aborted when the last of them has lost interest.

const flights = new Map();

/**
 * @template T
 * @param {string} key
 * @param {(options: {signal: AbortSignal, onProgress: (progress: any) => void}) => Promise<T>} start
 * @param {{share: (value: T) => T, dispose: (value: T) => void}} ownership share: for each further passenger
 * @param {{signal?: AbortSignal, onProgress?: (progress: any) => void}} passenger
 * @returns {Promise<T>}
 */
export function join(key, start, { share, dispose }, { signal, onProgress }) {
  if (signal?.aborted) return Promise.reject(signal.reason);
  let flight = flights.get(key);
  if (!flight) {
    flight = { passengers: new Set(), controller: new AbortController(), progress: undefined };
    flights.set(key, flight);
    take(flight);
  }
  return board(flight);

  function take(flight) {
    const report = (progress) => {
      flight.progress = progress;
      for (const passenger of [...flight.passengers]) passenger.report(progress);
    };
    const land = (settle) => {
      leave(flight);
      const passengers = [...flight.passengers];
      flight.passengers.clear();
      settle(passengers);
    };
    start({ signal: flight.controller.signal, onProgress: report }).then(
      (value) =>
        land((passengers) => {
          if (passengers.length === 0) dispose(value);
          const shares = passengers.map((_, i) => (i === 0 ? value : share(value)));
          passengers.forEach((passenger, i) => passenger.resolve(shares[i]));
        }),
      (error) => land((passengers) => passengers.forEach((passenger) => passenger.reject(error))),
    );
  }

  function leave(flight) {
    if (flights.get(key) === flight) flights.delete(key);
  }

  function board(flight) {
    return new Promise((resolve, reject) => {
      const done = (settle) => (value) => {
        signal?.removeEventListener('abort', abort);
        settle(value);
      };
      const passenger = { resolve: done(resolve), reject: done(reject), report };
      const getOff = (error) => {
        flight.passengers.delete(passenger);
        if (flight.passengers.size === 0) {
          leave(flight);
          flight.controller.abort(error);
        }
        passenger.reject(error);
      };
      function abort() {
        getOff(signal.reason);
      }
      function report(progress) {
        try {
          onProgress?.(progress);
        } catch (error) {
          getOff(error); // the caller's own function failed: its load does, not the others'
        }
      }
      flight.passengers.add(passenger);
      signal?.addEventListener('abort', abort);
      if (flight.progress) report(flight.progress);
    });
  }
}
