// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vapi/tags"
	"github.com/vmware/govmomi/vim25/soap"
)

var errNoRest = errors.New("the step rest-login must come first")

// restLogin opens a session of its own at /rest, as every client of tags and libraries does.
func (w *work) restLogin(ctx context.Context) (map[string]interface{}, error) {
	if w.client == nil {
		return nil, errNotLoggedIn
	}
	w.rest = rest.NewClient(w.client)
	if err := w.rest.Login(ctx, w.credentials); err != nil {
		return nil, err
	}
	session, err := w.rest.Session(ctx)
	if err == nil && session == nil {
		err = errors.New("the new session is not one")
	}
	return nil, err
}

func (w *work) restLogout(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil {
		return nil, errNoRest
	}
	if err := w.rest.Logout(ctx); err != nil {
		return nil, err
	}
	session, err := w.rest.Session(ctx)
	if err == nil && session != nil {
		err = errors.New("the session lives on after its logout")
	}
	w.rest = nil
	return nil, err
}

// tags makes a category and a tag, attaches it to a machine, and finds it there by every kind of list.
func (w *work) tags(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil || w.source == nil {
		return nil, errNoRest
	}
	manager := tags.NewManager(w.rest)
	category, err := manager.CreateCategory(ctx, &tags.Category{
		Name: w.name, Cardinality: "SINGLE", AssociableTypes: []string{"VirtualMachine"}})
	if err != nil {
		return nil, err
	}
	_, err = manager.CreateCategory(ctx, &tags.Category{Name: w.name, Cardinality: "SINGLE"})
	if err == nil {
		return nil, errors.New("a category could be made twice")
	}
	twice := err.Error()
	tag, err := manager.CreateTag(ctx, &tags.Tag{Name: w.name, CategoryID: category})
	if err != nil {
		return nil, err
	}
	if err := manager.AttachTag(ctx, tag, w.source); err != nil {
		return nil, err
	}
	attached, err := manager.ListAttachedTags(ctx, w.source)
	if err != nil {
		return nil, err
	}
	objects, err := manager.ListAttachedObjects(ctx, tag)
	if err != nil {
		return nil, err
	}
	if err := manager.DetachTag(ctx, tag, w.source); err != nil {
		return nil, err
	}
	ours := 0 // others may be at the same machine
	for _, one := range attached {
		if one == tag {
			ours++
		}
	}
	if ours != 1 || len(objects) != 1 {
		return nil, fmt.Errorf("one tag was attached to one machine; found are %d and %d", ours, len(objects))
	}
	if err := manager.DeleteTag(ctx, &tags.Tag{ID: tag}); err != nil {
		return nil, err
	}
	err = manager.DeleteCategory(ctx, &tags.Category{ID: category})
	return map[string]interface{}{"twice": twice}, err
}

// library makes a content library, pushes a file into it and reads it back.
func (w *work) library(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil || w.datastore == nil {
		return nil, errNoRest
	}
	manager := library.NewManager(w.rest)
	id, err := manager.CreateLibrary(ctx, library.Library{Name: w.name, Type: "LOCAL",
		Storage: []library.StorageBackings{{DatastoreID: w.datastore.Reference().Value, Type: "DATASTORE"}}})
	if err != nil {
		return nil, err
	}
	item, err := manager.CreateLibraryItem(ctx, library.Item{Name: "disk", Type: "iso", LibraryID: id})
	if err != nil {
		return nil, err
	}
	size := w.options.fileMegabytes << 20
	sent := newDigesting(content(7, size))
	if err := w.push(ctx, manager, item, sent, size); err != nil {
		return nil, err
	}
	received, err := w.pull(ctx, manager, item)
	if err != nil {
		return nil, err
	}
	if received != sent.hex() {
		return nil, errors.New("the file came back from the library as another")
	}
	err = manager.DeleteLibrary(ctx, &library.Library{ID: id, Type: "LOCAL"})
	return map[string]interface{}{"bytes": size, "sha256": received}, err
}

func (w *work) push(ctx context.Context, manager *library.Manager, item string, source io.Reader, size int64) error {
	session, err := manager.CreateLibraryItemUpdateSession(ctx, library.Session{LibraryItemID: item})
	if err != nil {
		return err
	}
	file, err := manager.AddLibraryItemFile(ctx, session,
		library.UpdateFile{Name: "disk.iso", SourceType: "PUSH", Size: size})
	if err != nil {
		return err
	}
	place, err := url.Parse(file.UploadEndpoint.URI)
	if err != nil {
		return err
	}
	request := soap.DefaultUpload
	request.ContentLength = size
	if err := w.rest.Upload(ctx, source, place, &request); err != nil {
		return err
	}
	return manager.CompleteLibraryItemUpdateSession(ctx, session)
}

func (w *work) pull(ctx context.Context, manager *library.Manager, item string) (string, error) {
	session, err := manager.CreateLibraryItemDownloadSession(ctx, library.Session{LibraryItemID: item})
	if err != nil {
		return "", err
	}
	file, err := manager.PrepareLibraryItemDownloadSessionFile(ctx, session, "disk.iso")
	if err != nil {
		return "", err
	}
	if file.DownloadEndpoint == nil {
		if file, err = manager.GetLibraryItemDownloadSessionFile(ctx, session, "disk.iso"); err != nil {
			return "", err
		}
	}
	place, err := url.Parse(file.DownloadEndpoint.URI)
	if err != nil {
		return "", err
	}
	stream, _, err := w.rest.Download(ctx, place, &soap.DefaultDownload)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	arriving := newDigesting(stream)
	if _, err := io.Copy(io.Discard, arriving); err != nil {
		return "", err
	}
	return arriving.hex(), manager.DeleteLibraryItemDownloadSession(ctx, session)
}
