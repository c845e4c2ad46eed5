//! Which client a request comes from, as far as limits are concerned.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;

use crate::CustomerService;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Who to count attempts against: the client's address, or for IPv6 its /64, because that is what
/// one household or server is given. Requests without an address share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

impl FromRequestParts<CustomerService> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &CustomerService,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = match service.trusted_proxies {
            0 => None,
            proxies => forwarded(&parts.headers, proxies),
        };
        let address = address.or(peer.map(|peer| peer.0.ip()));
        Ok(Self(counted_as(
            address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        )))
    }
}

/// The address that the outermost of our proxies saw. What stands further left was written by the
/// client, who may write anything.
fn forwarded(headers: &HeaderMap, proxies: u8) -> Option<IpAddr> {
    let hops: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let ours = hops.len().checked_sub(usize::from(proxies))?;
    hops.get(ours)?.trim().parse().ok()
}

fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn through(value: &'static str, proxies: u8) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static(value));
        forwarded(&headers, proxies).map(|address| address.to_string())
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        let value = "6.6.6.6, 203.0.113.7, 10.0.0.1";
        assert_eq!(through(value, 1).as_deref(), Some("10.0.0.1"));
        assert_eq!(through(value, 2).as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn a_header_shorter_than_the_chain_of_proxies_says_nothing() {
        assert_eq!(through("203.0.113.7", 2), None);
        assert_eq!(through("unknown", 1), None);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_client() {
        let one: IpAddr = "2001:db8:1:2:aaaa::1".parse().unwrap();
        let other: IpAddr = "2001:db8:1:2:bbbb::2".parse().unwrap();
        let neighbor: IpAddr = "2001:db8:1:3::1".parse().unwrap();
        assert_eq!(counted_as(one), counted_as(other));
        assert_ne!(counted_as(one), counted_as(neighbor));
    }

    #[test]
    fn an_ipv4_client_on_an_ipv6_socket_is_still_itself() {
        let mapped: IpAddr = "::ffff:203.0.113.7".parse().unwrap();
        assert_eq!(counted_as(mapped).to_string(), "203.0.113.7");
    }
}
