# docker build -t relais . && docker run -p 8080:8080 -v relais-data:/data -e RELAIS_SECRET=… relais

FROM rust:1-slim-bookworm AS build
# OpenSSL is compiled from source (feature postgres-tls): that takes make and perl.
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential make perl pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --release --locked --features postgres-tls

FROM debian:bookworm-slim
# The certificates are for a database that is reached over TLS.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 relais \
 && useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin relais \
 && install -d -o relais -g relais -m 0700 /data
COPY --from=build /source/target/release/relais /usr/local/bin/relais
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/relais/

USER 10001:10001
WORKDIR /data
# Everything else has a default: see `relais config`. A database of its own: -e DATABASE_URL=postgres://…
ENV RELAIS_DATA_DIR=/data RELAIS_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
# bash speaks HTTP well enough, so that the image needs no client. /readyz also asks the database.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# SIGTERM lets what runs finish, for at most 25 s: `docker stop -t 30`.
STOPSIGNAL SIGTERM
ENTRYPOINT ["relais"]
CMD ["serve"]
