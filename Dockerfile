# The service as an image: its binary, what that links to, the public authorities' certificates; no shell. In the build,
# name the commit: docker build --build-arg REVISION="$(git rev-parse HEAD)" --tag peer-coaching .
FROM rust:1.95.0-slim-trixie AS build
WORKDIR /build

# What others wrote is built beside an empty service, in a layer that lasts until one of these files changes. Cargo
# reads no manifest whose benchmarks are missing.
COPY Cargo.toml Cargo.lock ./
COPY .ci/supply/build .ci/supply/rustc .ci/supply/
COPY benches benches
RUN mkdir src && echo 'fn main() {}' >src/main.rs && touch src/lib.rs && .ci/supply/build

# The empty files are newer than ours, and cargo goes by that.
COPY migrations migrations
COPY src src
RUN touch src/main.rs src/lib.rs && .ci/supply/build

# Of the same Debian as the build: the binary needs its libc, libm and libgcc_s.
FROM gcr.io/distroless/cc-debian13:nonroot
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Peer Coaching" \
      org.opencontainers.image.description="A peer-coaching service for companies: an HTTP API over PostgreSQL" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/peer-coaching/
COPY --from=build /build/target/release/peer-coaching /usr/local/bin/peer-coaching
# It writes nothing, so its file system may be read-only.
USER 65532:65532
ENV LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["peer-coaching", "health"]
ENTRYPOINT ["peer-coaching"]
CMD ["serve"]
