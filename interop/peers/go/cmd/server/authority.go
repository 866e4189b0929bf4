package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/open-telemetry/opamp-go/protobufs"
)

// exampleName is the only name that opamp-go's example server signs.
const exampleName = "OpAMP Example Client"

// authority signs certificate requests under the rules of opamp-go's example server.
type authority struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

func newAuthority() (*authority, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Interop CA"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &authority{certificate: certificate, key: key}, err
}

// demand makes a server verify the certificates of clients that have one.
func (a *authority) demand(config *tls.Config) {
	config.ClientAuth = tls.VerifyClientCertIfGiven
	config.ClientCAs = x509.NewCertPool()
	config.ClientCAs.AddCert(a.certificate)
}

// respond puts the certificate, or why there is none, into the answer to a request.
func (a *authority) respond(request *protobufs.ConnectionSettingsRequest, answer *protobufs.ServerToAgent) {
	certificateRequest := request.GetOpamp().GetCertificateRequest()
	if certificateRequest == nil {
		return
	}
	certificate, err := a.sign(certificateRequest.Csr)
	if err != nil {
		answer.ErrorResponse = &protobufs.ServerErrorResponse{
			Type:         protobufs.ServerErrorResponseType_ServerErrorResponseType_BadRequest,
			ErrorMessage: err.Error(),
		}
		return
	}
	// Without an endpoint, as the example does.
	offers := &protobufs.ConnectionSettingsOffers{
		Opamp: &protobufs.OpAMPConnectionSettings{Certificate: certificate},
	}
	offers.Hash = hashOf(offers)
	answer.ConnectionSettings = offers
}

func (a *authority) sign(csr []byte) (*protobufs.TLSCertificate, error) {
	block, _ := pem.Decode(csr)
	if block == nil {
		return nil, errors.New("the certificate request is not PEM")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, err
	}
	if err := request.CheckSignature(); err != nil {
		return nil, err
	}
	if request.Subject.CommonName != exampleName {
		return nil, fmt.Errorf("the common name is %q", request.Subject.CommonName)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      request.Subject,
		NotBefore:    time.Now(),
		NotAfter:     time.Now().Add(1000 * time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, request.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &protobufs.TLSCertificate{Cert: toPEM(der), CaCert: toPEM(a.certificate.Raw)}, nil
}

func toPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func hashOf(message proto.Message) []byte {
	bytes, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	hash := sha256.Sum256(bytes)
	return hash[:]
}
